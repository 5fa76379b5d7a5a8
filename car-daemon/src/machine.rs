//! What this machine is called, and its addresses. Whether anybody else is called so must never be asked here.

use std::net::{IpAddr, Ipv6Addr};

use nix::ifaddrs::getifaddrs;
use transport::HostName;

/// The machine's own name and the car's, each alone and as mDNS says it, `NAME.local`. Names of one
/// label, and those that end in `.local`, are in nobody's hands who is not in this network; so a page of
/// the internet cannot make one of them mean our address.
pub(crate) fn names(car: &str) -> Vec<HostName> {
    named(&rustix::system::uname().nodename().to_string_lossy(), car)
}

/// The addresses by which others reach this machine, in the system's order; of none that is of this link alone, as it
/// cannot stand in a URL (RFC 9844).
pub(crate) fn addresses() -> Vec<IpAddr> {
    let all = getifaddrs().into_iter().flatten().filter_map(|interface| interface.address);
    let all = all.filter_map(|address| {
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    });
    let is_of_link = |v6: &Ipv6Addr| v6.is_unicast_link_local();
    all.filter(|ip| !ip.is_loopback() && !matches!(ip, IpAddr::V6(v6) if is_of_link(v6))).collect()
}

fn named(machine: &str, car: &str) -> Vec<HostName> {
    let label = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    let mut names = vec![machine.to_owned()];
    for label in [label(machine), car.to_owned()] {
        // Of a car's name that is more than one label, mDNS says nothing.
        if !label.is_empty() && !label.contains('.') {
            names.extend([format!("{label}.local"), label]);
        }
    }
    let mut known = Vec::new();
    for host in names.iter().filter_map(|name| name.parse::<HostName>().ok()) {
        if !known.contains(&host) {
            known.push(host);
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(machine: &str, car: &str) -> Vec<String> {
        named(machine, car).iter().map(HostName::to_string).collect()
    }

    #[test]
    fn a_machine_and_its_car_are_known_by_their_names_alone_and_in_mdns() {
        assert_eq!(printed("Pi", "car"), ["pi", "pi.local", "car.local", "car"]);
        assert_eq!(printed("pi.lan", "pi"), ["pi.lan", "pi.local", "pi"]);
    }

    #[test]
    fn a_name_that_is_no_host_names_nothing() {
        assert_eq!(printed("", "my red car"), Vec::<String>::new());
        assert_eq!(printed("pi", "evil.example"), ["pi", "pi.local"]);
    }
}
