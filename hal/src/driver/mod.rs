//! (sketch) Drivers, one a file: hbridge, pca9685, servo.
