//! (sketch) Codecs of byte streams.
