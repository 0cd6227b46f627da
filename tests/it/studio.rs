//! `storycore studio`: the page's address comes whatever else does not.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Child, Stdio},
    sync::mpsc,
    time::Duration,
};

use crate::support::Sandbox;

/// How long each line may take on a busy machine.
const LINE_MAX: Duration = Duration::from_secs(15);

#[test]
fn the_page_is_there_though_no_server_is() {
    let sandbox = Sandbox::new();
    let film = sandbox.sample_film("film");
    let settings = film.join("storycore.toml");
    let text = fs::read_to_string(&settings).expect("settings");
    fs::write(&settings, text.replace("\"sketch\"", "\"comfyui\"")).expect("a save");
    // It accepts and never answers, as a server does whose machine sleeps.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("a port").port();
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
    let closed = closed.expect("a port").port();
    let config = sandbox.path().join("config");
    fs::create_dir_all(&config).expect("a folder");
    let server =
        |name, port| format!("[[comfyui]]\nname = \"{name}\"\nurl = \"http://127.0.0.1:{port}\"\n");
    let servers = server("desk", port) + &server("attic", closed);
    fs::write(config.join("daemon.toml"), servers).expect("settings");
    let film = film.to_str().expect("a path");
    let studio = sandbox
        .command(&["studio", film, "--no-open"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut studio = studio.expect("it starts");
    let lines = lines(&mut studio);
    let next = || lines.recv_timeout(LINE_MAX).expect("a line");
    let first = next();
    assert!(first.starts_with("http://127.0.0.1:"), "{first}");
    let rest: Vec<String> = (0..7).map(|_| next()).collect();
    let all = rest.join("\n");
    assert!(all.contains("desk "), "{all}");
    assert!(
        all.contains("attic cannot be reached: Connection refused"),
        "{all}"
    );
    assert!(all.contains("as soon as a server answers"), "{all}");
    assert!(all.contains("130 missing"), "{all}");
    studio.kill().expect("it ends");
    studio.wait().expect("it ended");
    sandbox.succeed(&["daemon", "stop"]);
}

/// What it prints, to either place, as it comes.
fn lines(studio: &mut Child) -> mpsc::Receiver<String> {
    let (told, lines) = mpsc::channel();
    let out = studio.stdout.take().expect("a pipe");
    let notes = studio.stderr.take().expect("a pipe");
    let pass_on = |pipe: Box<dyn std::io::Read + Send>, told: mpsc::Sender<String>| {
        std::thread::spawn(move || {
            let lines = BufReader::new(pipe).lines();
            for line in lines.map_while(Result::ok) {
                // Nobody listens any more when the test is over.
                let _ = told.send(line);
            }
        })
    };
    pass_on(Box::new(out), told.clone());
    pass_on(Box::new(notes), told);
    lines
}
