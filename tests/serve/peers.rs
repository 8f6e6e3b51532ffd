//! rsyslog and syslog-ng before and behind a stage, with the configurations of `integrations/syslog`. One that is not installed is
//! left out, with a message; `SYSLOG_NG` names the folder of one that was only unpacked.

use std::fs;
use std::net::TcpListener as Listener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::sleep;

use crate::connections::Program;
use crate::harness::{REDACTED, SECRET, within};

const LINES: usize = 500;

/// A log daemon with one of the configurations, on ports of its own.
struct Daemon {
    child: Child,
    folder: TempDir,
    /// Where programs send to it.
    enters: u16,
}

/// A port that nobody has.
fn free() -> u16 {
    Listener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Daemon {
    /// It sends to the stage on `stage`, and takes what comes back on `behind`.
    fn start(kind: Kind, stage: u16, behind: u16, framing: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (path, enters) = (folder.path().display().to_string(), free());
        let text = fs::read_to_string(Path::new("integrations/syslog").join(kind.file())).unwrap();
        let text = text
            .replace("/var/spool/rsyslog", &path)
            .replace("/var/log", &path)
            .replace(
                "disk-buf-size(1073741824)",
                &format!("disk-buf-size(10485760) dir(\"{path}\")"),
            )
            .replace("TCP_Framing=\"octet-counted\"", &format!("TCP_Framing=\"{framing}\""));
        let text = [(6514, stage), (6515, behind), (5140, enters)].iter().fold(
            text,
            |text, (from, to)| {
                // As one writes them and as the other does.
                let text = text.replace(&format!("\"{from}\""), &format!("\"{to}\""));
                text.replace(&format!("({from})"), &format!("({to})"))
            },
        );
        fs::write(folder.path().join("conf"), text).unwrap();
        let child = kind.command(folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self { child: child.unwrap(), folder, enters }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("redacted.log")).unwrap_or_default()
    }

    /// What stands in its file, once it has so many lines.
    async fn logged(&self, lines: usize) -> String {
        within(async {
            while self.log().lines().count() < lines {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        self.log()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Rsyslog,
    SyslogNg,
}

impl Kind {
    fn file(self) -> &'static str {
        match self {
            Self::Rsyslog => "rsyslog.conf",
            Self::SyslogNg => "syslog-ng.conf",
        }
    }

    /// Where it is, if it is here.
    fn found(self) -> Option<PathBuf> {
        let folder =
            std::env::var_os("SYSLOG_NG").map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let path = match self {
            Self::Rsyslog => PathBuf::from("/usr/sbin/rsyslogd"),
            Self::SyslogNg => folder.join("usr/sbin/syslog-ng"),
        };
        let found = path.is_file();
        if !found {
            eprintln!("left out: no {}", path.display());
        }
        found.then_some(path)
    }

    fn command(self, folder: &Path) -> Command {
        let program = self.found().unwrap();
        let mut command = Command::new(&program);
        match self {
            Self::Rsyslog => {
                command.args(["-n", "-iNONE", "-f"]).arg(folder.join("conf"));
            }
            Self::SyslogNg => {
                let root = program.ancestors().nth(3).unwrap();
                let libraries = root.join("usr/lib/syslog-ng");
                let more =
                    ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"].map(|one| root.join(one));
                let paths = std::env::join_paths(more.iter().chain([&libraries])).unwrap();
                command.env("LD_LIBRARY_PATH", paths);
                command.args(["-F", "--no-caps", "-f"]).arg(folder.join("conf"));
                command.arg("-R").arg(folder.join("persist")).arg("-p").arg(folder.join("pid"));
                command.arg("-c").arg(folder.join("ctl"));
                let modules = fs::read_dir(&libraries).unwrap().map(|entry| entry.unwrap().path());
                let modules = modules.filter(|path| path.is_dir()).max().unwrap();
                command.arg(format!("--module-path={}", modules.display()));
            }
        }
        command
    }
}

/// Connects as soon as somebody listens.
async fn connected(port: u16) -> TcpStream {
    within(async {
        loop {
            match TcpStream::connect(("127.0.0.1", port)).await {
                Ok(stream) => return stream,
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    })
    .await
}

fn line(number: usize) -> String {
    match number % 10 {
        3 => format!("<13>Nov 28 21:00:00 host app: {number} pw {SECRET}"),
        7 => {
            let spelled = SECRET.replace('o', "\\u006f");
            format!("<13>Nov 28 21:00:00 host app: @cee: {{\"n\":{number},\"pw\":\"{spelled}\"}}")
        }
        _ => format!("<13>Nov 28 21:00:00 host app: {number} clean"),
    }
}

/// Lines through the daemon, a stage, and the daemon again.
async fn goes_through(kind: Kind, framing: &str) {
    if kind.found().is_none() {
        return;
    }
    let behind = free();
    let upstream = format!("tcp://127.0.0.1:{behind}");
    let stage = Program::start("syslog", "127.0.0.1:0", &upstream, &[]);
    let daemon = Daemon::start(kind, stage.address.port(), behind, framing);
    let mut client = connected(daemon.enters).await;
    for number in 0..LINES {
        client.write_all(format!("{}\n", line(number)).as_bytes()).await.unwrap();
    }
    let log = daemon.logged(LINES).await;
    assert_eq!(log.lines().count(), LINES);
    assert!(!log.contains("horse") && !log.contains("h\\u006frse"), "{log}");
    assert_eq!(log.matches(REDACTED).count(), LINES / 5);
    for number in 0..LINES {
        assert!(log.contains(&format!("{number} ")) || log.contains(&format!(":{number},")));
    }
}

#[tokio::test]
async fn rsyslog_in_either_framing() {
    goes_through(Kind::Rsyslog, "octet-counted").await;
    goes_through(Kind::Rsyslog, "traditional").await;
}

#[tokio::test]
async fn syslog_ng() {
    goes_through(Kind::SyslogNg, "").await;
}

#[tokio::test]
async fn rsyslog_waits_for_a_stage_that_was_killed() {
    if Kind::Rsyslog.found().is_none() {
        return;
    }
    let behind = free();
    let upstream = format!("tcp://127.0.0.1:{behind}");
    let stage = Program::start("syslog", "127.0.0.1:0", &upstream, &[]);
    let address = stage.address;
    let daemon = Daemon::start(Kind::Rsyslog, address.port(), behind, "octet-counted");
    let mut client = connected(daemon.enters).await;
    client.write_all(format!("{}\n", line(3)).as_bytes()).await.unwrap();
    daemon.logged(1).await;
    stage.kill();
    // The first that rsyslog writes now tells it that nobody is there; syslog acknowledges nothing.
    client.write_all(format!("{}\n", line(0)).as_bytes()).await.unwrap();
    sleep(Duration::from_millis(500)).await;
    for number in [13, 23, 33] {
        client.write_all(format!("{}\n", line(number)).as_bytes()).await.unwrap();
    }
    let _stage = Program::start("syslog", &address.to_string(), &upstream, &[]);
    let log = within(async {
        loop {
            let log = daemon.log();
            if ["13 pw", "23 pw", "33 pw"].iter().all(|one| log.contains(one)) {
                break log;
            }
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    assert!(!log.contains(SECRET), "{log}");
}

#[tokio::test]
async fn datagrams_reach_rsyslog() {
    if Kind::Rsyslog.found().is_none() {
        return;
    }
    let behind = free();
    let upstream = format!("tcp://127.0.0.1:{behind}");
    let stage = Program::start("syslog", "udp://127.0.0.1:0", &upstream, &[]);
    let daemon = Daemon::start(Kind::Rsyslog, free(), behind, "octet-counted");
    drop(connected(behind).await);
    let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    client.connect(stage.address).await.unwrap();
    for number in 0..20 {
        client.send(line(number).as_bytes()).await.unwrap();
    }
    let log = daemon.logged(20).await;
    assert!(!log.contains("horse"), "{log}");
    assert_eq!(log.matches(REDACTED).count(), 4);
}

#[test]
fn the_ready_configurations_are_good() {
    for folder in ["fluentd", "syslog"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keepmum"));
        let path = Path::new("integrations").join(folder).join("keepmum.toml");
        assert!(
            command.args(["config", "check"]).arg(path).status().unwrap().success(),
            "{folder}"
        );
    }
}
