//! What one message costs between its last byte in and its answer's first byte out: decode → gate →
//! encode, for each dialect. `cargo bench -p car-daemon`.

use std::hint::black_box;
use std::time::Duration;

use car_daemon::Config;
use car_daemon::control::{Gate, Grant, Rules};
use criterion::{Criterion, criterion_group, criterion_main};
use protocol::{Command, DialectId, Id, Power, Replies, Reply, Requests, Role};

fn decode_gate_encode(criterion: &mut Criterion) {
    let config = Config::standard();
    let mut group = criterion.benchmark_group("drive");
    for dialect in DialectId::ALL {
        let mut gate = Gate::new(Rules::new(config.control.clone(), &config.board));
        let grant = Grant { role: Some(Role::Driver), priority: 50, principal: None };
        gate.session_opened(1, "bench", true, grant, Duration::ZERO);
        let drive = Command::Drive {
            throttle: Power::clamped(0.5),
            steer: Power::clamped(-0.25),
            strafe: None,
            ttl: None,
            seq: None,
            t: None,
        };
        let codec = dialect.get();
        let frame = codec.request(Some(&Id::Number(7.into())), &drive).expect("every dialect can say it");
        let mut now = Duration::ZERO;
        group.bench_function(dialect.name(), |bencher| {
            bencher.iter(|| {
                now += Duration::from_millis(1);
                let Requests::One(request) = codec.decode(black_box(&frame.data)) else {
                    unreachable!("one request")
                };
                let outcome = request.command.and_then(|command| gate.handle(1, &command, now));
                black_box(
                    codec.reply(&Replies::One(Reply { id: request.id.expect("wants an answer"), outcome })),
                )
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decode_gate_encode);
criterion_main!(benches);
