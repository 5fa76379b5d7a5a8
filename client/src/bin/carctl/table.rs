//! How things look on a terminal.

use std::io::{self, Write};

use client::LinkState;
use protocol::{Limit, Mode, Odometry, Role, State, Visitor, Who};

/// The state, a line for each thing that the car knows.
pub(crate) fn state(out: &mut impl Write, state: &State) -> io::Result<()> {
    let mode = match state.mode {
        Mode::Driving => "driving",
        Mode::Fault => "fault",
        Mode::Estop => "emergency stop",
        _ => "idle",
    };
    let driver = state.driver.map_or(String::new(), |driver| format!(" (session {driver})"));
    let reason = state.stop_reason.as_ref().map_or(String::new(), |reason| format!("; last stop: {reason}"));
    row(out, "mode", format!("{mode}{driver}{reason}"))?;
    if let Some(estop) = &state.estop {
        let why = estop.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
        row(out, "e-stop", format!("by {}{why}; `carctl reset` releases it", estop.by))?;
    }
    let strafe = match state.strafe {
        0.0 => String::new(),
        strafe => format!("  strafe {strafe:+.2}"),
    };
    row(out, "power", format!("throttle {:+.2}  steer {:+.2}{strafe}", state.throttle, state.steer))?;
    row(out, "wheels", format!("left {:+.2}  right {:+.2}", state.wheels.left, state.wheels.right))?;
    if let Some(gimbal) = state.gimbal {
        row(out, "camera", format!("pan {:+.1}°  tilt {:+.1}°", gimbal.pan, gimbal.tilt))?;
    }
    if let Some(speed) = state.speed {
        row(out, "speed", format!("{:+.2} m/s  {:+.2} rad/s", speed.linear, speed.angular))?;
    }
    if let Some(pose) = state.pose {
        let heading = pose.heading.to_degrees();
        let known = match state.odometry {
            Some(Odometry::Commanded) => "  (by what it was told)",
            _ => "",
        };
        let place = format!("x {:+.2} m  y {:+.2} m  heading {heading:+.0}°{known}", pose.x, pose.y);
        row(out, "place", place)?;
    }
    if let Some(battery) = state.battery {
        let amps = battery.amps.map_or(String::new(), |amps| format!("  {amps:+.2} A"));
        row(out, "battery", format!("{:.2} V  {:.0} %{amps}", battery.volts, battery.percent))?;
    }
    if let Some(range) = state.range_m {
        row(out, "ahead", format!("{range:.2} m"))?;
    }
    if let Some(line) = &state.line {
        let line: Vec<_> = line.iter().map(|darkness| format!("{darkness:.2}")).collect();
        row(out, "floor", format!("{}  (0 light, 1 dark)", line.join(" ")))?;
    }
    if let Some(imu) = state.imu {
        let [x, y, z] = imu.acceleration;
        let turn = imu.rotation[2];
        row(out, "feels", format!("{x:+.2} {y:+.2} {z:+.2} m/s²  turning {turn:+.2} rad/s"))?;
    }
    row(out, "time", format!("{:.2} s  sample {}", state.t, state.seq))
}

/// Everybody who is here, a line each.
pub(crate) fn who(out: &mut impl Write, who: &Who) -> io::Result<()> {
    let head = ["session", "name", "from", "role", "priority", "here", ""].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(who.sessions.iter().map(visitor)).collect();
    let widths: Vec<_> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    for row in &rows {
        let line: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        writeln!(out, "{}", line.join("  ").trim_end())?;
    }
    Ok(())
}

fn visitor(visitor: &Visitor) -> [String; 7] {
    let Visitor { session, name, peer, role, priority, here_s, drives_s, asks_s } = visitor;
    let what = match (drives_s, asks_s) {
        (Some(since), _) => format!("drives, for {}", ago(*since)),
        (None, Some(since)) => format!("asks to drive, for {}", ago(*since)),
        (None, None) => String::new(),
    };
    [
        session.to_string(),
        name.clone().unwrap_or_default(),
        peer.clone(),
        role.map_or("none yet", Role::name).to_owned(),
        priority.to_string(),
        ago(*here_s),
        what,
    ]
}

/// `4 s`, `12 min`, `3 h`
fn ago(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3600.0),
    }
}

/// A word when a motion was cut.
pub(crate) fn limited(out: &mut impl Write, limit: Option<Limit>) -> io::Result<()> {
    match limit {
        None => Ok(()),
        Some(Limit::Speed) => writeln!(out, "limited: more speed was asked than the car has"),
        Some(Limit::Strafe) => writeln!(out, "limited: this car cannot move sideways"),
        Some(Limit::Turn) => writeln!(out, "limited: this car does not turn that tightly"),
        Some(_) => writeln!(out, "limited"),
    }
}

/// A word where the time of a simulated car stands by itself.
pub(crate) fn time(out: &mut impl Write, sim_speed: Option<&str>) -> io::Result<()> {
    match sim_speed {
        Some("max") => writeln!(
            out,
            "time stands there while no program is subscribed to the state (`--sim-speed max`): this drives only as far as others let it pass"
        ),
        Some("step") => writeln!(
            out,
            "time stands there but for `carctl sim step` (`--sim-speed step`): this drives only as far as others let it pass"
        ),
        _ => Ok(()),
    }
}

/// A word when the connection is lost or there again.
pub(crate) fn link(out: &mut impl Write, link: &LinkState) -> io::Result<()> {
    match link {
        LinkState::Up { .. } => writeln!(out, "connected"),
        LinkState::Down { why } => writeln!(out, "not connected: {why}"),
    }
}

fn row(out: &mut impl Write, name: &str, value: String) -> io::Result<()> {
    writeln!(out, "{name:<8}{value}")
}

#[cfg(test)]
mod tests {
    use protocol::{Battery, Gimbal, Imu, Pose, Wheels};

    use super::*;

    fn shown(state: &State) -> String {
        let mut out = Vec::new();
        super::state(&mut out, state).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_state_is_a_table() {
        let state = State {
            t: 12.5,
            seq: 1250,
            mode: Mode::Driving,
            throttle: 0.5,
            steer: -0.25,
            wheels: Wheels { left: 0.75, right: 0.25 },
            gimbal: Some(Gimbal { pan: 10.0, tilt: -5.0 }),
            battery: Some(Battery { volts: 7.4, percent: 62.0, amps: Some(1.25) }),
            pose: Some(Pose { x: 1.25, y: -0.5, heading: 1.0 }),
            odometry: Some(Odometry::Commanded),
            line: Some(vec![0.0, 1.0]),
            imu: Some(Imu { acceleration: [0.5, 0.0, 9.81], rotation: [0.0, 0.0, -0.25] }),
            driver: Some(3),
            stop_reason: Some("the command ran out".to_owned()),
            ..State::default()
        };
        assert_eq!(
            shown(&state),
            "mode    driving (session 3); last stop: the command ran out\n\
             power   throttle +0.50  steer -0.25\n\
             wheels  left +0.75  right +0.25\n\
             camera  pan +10.0°  tilt -5.0°\n\
             place   x +1.25 m  y -0.50 m  heading +57°  (by what it was told)\n\
             battery 7.40 V  62 %  +1.25 A\n\
             floor   0.00 1.00  (0 light, 1 dark)\n\
             feels   +0.50 +0.00 +9.81 m/s²  turning -0.25 rad/s\n\
             time    12.50 s  sample 1250\n"
        );
    }

    #[test]
    fn everybody_who_is_here_is_a_table() {
        let anna = Visitor {
            session: 3,
            name: Some("tablet".to_owned()),
            peer: "192.0.2.7:40112".to_owned(),
            role: Some(Role::Driver),
            priority: 30,
            here_s: 600.0,
            drives_s: Some(2.5),
            asks_s: None,
        };
        let ben =
            Visitor { session: 12, name: None, role: None, drives_s: None, here_s: 1.0, ..anna.clone() };
        let mut out = Vec::new();
        who(&mut out, &Who { driver: Some(3), sessions: vec![anna, ben] }).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "session  name    from             role      priority  here\n\
             3        tablet  192.0.2.7:40112  driver    30        10 min  drives, for 2 s\n\
             12               192.0.2.7:40112  none yet  30        1 s\n"
        );
    }

    #[test]
    fn what_the_car_cannot_know_is_not_shown() {
        let lines = shown(&State::default());
        assert!(!lines.contains("battery") && !lines.contains("camera"), "{lines}");
    }
}
