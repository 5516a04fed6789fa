//! The servers that are measured, each a process on one core, under a limit of its address space.

use std::error::Error;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::seed::{Hash, PASSWORD, USERNAMES};

/// It ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// In KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) now: u64,
    pub(crate) peak: u64,
}

/// As of `ulimit -v`.
const ADDRESS_SPACE: u64 = 2 << 30;

impl Server {
    pub(crate) fn doorstep(core: usize, args: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut command = limited(core, &std::env::current_exe()?);
        command.arg("serve").args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.trim().strip_prefix("http://").map(str::parse);
        match address {
            Some(Ok(address)) => Ok(Self { child, address }),
            _ => Err(format!("serve {}: {:?}", args.join(" "), ended(child)).into()),
        }
    }

    /// `program serve PORT`, and what it is told besides.
    pub(crate) fn toolkit(
        core: usize,
        program: &Path,
        args: &[&str],
    ) -> Result<Self, Box<dyn Error>> {
        let port = free_port()?;
        let mut command = limited(core, program);
        command.arg("serve").arg(port.to_string()).args(args).stdin(Stdio::null());
        Self::awaited(command, port)
    }

    /// One process, whose users are those of all servers, by bcrypt, and whose files are in `directory`.
    pub(crate) fn nginx(core: usize, directory: &Path, cost: u32) -> Result<Self, Box<dyn Error>> {
        let port = free_port()?;
        let hashers = format!("bcrypt:{cost}").parse::<Hash>()?.hashers();
        let mut users = String::new();
        for name in USERNAMES {
            users += &format!("{name}:{}\n", hashers.hash(PASSWORD.into())?.run()?);
        }
        fs::create_dir_all(directory.join("www"))?;
        fs::write(directory.join("users"), users)?;
        for route in ["me", "open"] {
            fs::write(directory.join("www").join(route), "{\"message\":\"Hello, user-00!\"}")?;
        }
        let directory = directory.canonicalize()?;
        let here = directory.display();
        // As fast as it goes: no log, no limit of requests on a connection, files kept open.
        let config = format!(
            "daemon off; master_process off; worker_processes 1; pid {here}/pid;
            error_log stderr crit;
            events {{ worker_connections 4096; }}
            http {{
                access_log off; default_type application/json; keepalive_requests 100000000;
                open_file_cache max=16; tcp_nodelay on;
                client_body_temp_path {here}/body; proxy_temp_path {here}/proxy;
                fastcgi_temp_path {here}/fastcgi; uwsgi_temp_path {here}/uwsgi;
                scgi_temp_path {here}/scgi;
                server {{
                    listen 127.0.0.1:{port} backlog=4096; root {here}/www;
                    location = /me {{ auth_basic load; auth_basic_user_file {here}/users; }}
                }}
            }}"
        );
        let path = directory.join("nginx.conf");
        fs::write(&path, config)?;
        let mut command = limited(core, Path::new("nginx"));
        command.arg("-c").arg(path).arg("-p").arg(&directory).stdin(Stdio::null());
        Self::awaited(command, port)
    }

    /// It says nothing when it is ready.
    fn awaited(mut command: Command, port: u16) -> Result<Self, Box<dyn Error>> {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut child = command.spawn()?;
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if child.try_wait()?.is_some() || begun.elapsed() > Duration::from_secs(30) {
                return Err(format!("{command:?}: {:?}", ended(child)).into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(Self { child, address })
    }

    /// Time that it has had on its core.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // The name before may hold anything; user and system time are the 14th and 15th, in 1/100 s.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut next = || fields.next()?.parse::<u64>().ok();
        Some(Duration::from_millis(10 * (next()? + next()?)))
    }

    pub(crate) fn memory(&self) -> Option<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix(" kB")?.parse().ok()
        };
        Some(Memory { now: of("VmRSS:")?, peak: of("VmHWM:")? })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ended(mut child: Child) -> std::io::Result<std::process::ExitStatus> {
    let _ = child.kill();
    child.wait()
}

/// Each of these programs becomes the next, so that the process is the server's in the end.
pub(crate) fn limited(core: usize, program: &Path) -> Command {
    let mut command = Command::new("prlimit");
    command.arg(format!("--as={ADDRESS_SPACE}"));
    command.args(["taskset", "-c", &core.to_string()]).arg(program);
    command
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
