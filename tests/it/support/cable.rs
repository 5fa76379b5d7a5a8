//! Two hosts in network namespaces, and a cable between them that can be pulled. Needs root and `ip`;
//! says so where it cannot be laid.

use std::process::Command;

use super::{Process, car_daemon, skipped};

/// A car and a driver, each in a network of its own, joined by one cable.
pub(crate) struct Cable {
    car: String,
    pub(crate) driver: String,
}

/// The car's, in its own network.
pub(crate) const CAR_ADDRESS: &str = "10.213.7.1";

fn ip(arguments: &str) -> bool {
    let status = Command::new("ip").args(arguments.split_whitespace()).output();
    status.is_ok_and(|output| output.status.success())
}

impl Cable {
    /// `None` where this process may not make networks.
    pub(crate) fn lay(name: &str) -> Option<Self> {
        let unique = format!("{name}{}", std::process::id());
        let cable = Self { car: format!("car-{unique}"), driver: format!("drv-{unique}") };
        let Self { car, driver } = &cable;
        let laid = ip(&format!("netns add {car}"))
            && ip(&format!("netns add {driver}"))
            && ip(&format!("-n {car} link add eth0 type veth peer name eth0 netns {driver}"))
            && ip(&format!("-n {car} address add {CAR_ADDRESS}/24 dev eth0"))
            && ip(&format!("-n {driver} address add 10.213.7.2/24 dev eth0"))
            && ip(&format!("-n {car} link set eth0 up"))
            && ip(&format!("-n {driver} link set eth0 up"));
        if laid {
            return Some(cable);
        }
        assert!(std::env::var_os("CI").is_none(), "network namespaces must work where CI is set");
        skipped("no network namespace can be made here; it needs root and `ip`");
        None
    }

    /// A command inside one of the two networks.
    pub(crate) fn inside(namespace: &str, program: &Command) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", namespace]).arg(program.get_program()).args(program.get_args());
        command
    }

    pub(crate) fn daemon(&self) -> Process {
        let program = self.at_the_car(&car_daemon());
        Process::launch(program, CAR_ADDRESS, "[auth]\ninsecure = true", &[])
    }

    /// A command in the car's network.
    pub(crate) fn at_the_car(&self, program: &Command) -> Command {
        Self::inside(&self.car, program)
    }

    /// Drops every packet from now on. Nobody is told.
    pub(crate) fn pull(&self) {
        // The driver's end stays up, so that nothing there closes its sockets.
        let dropped = ip(&format!("-n {} link set eth0 down", self.car));
        assert!(dropped, "the cable can be pulled");
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for namespace in [&self.car, &self.driver] {
            ip(&format!("netns delete {namespace}"));
        }
    }
}
