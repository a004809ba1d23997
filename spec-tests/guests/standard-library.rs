//! What Rust's standard library makes of preview 1: files, clocks, input, hash seeds, panics; and TCP by WasmEdge's calls.
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[repr(C)]
struct Address(*const u8, u32);

#[repr(C)]
struct Buffer(*const u8, u32);

#[link(wasm_import_module = "wasi_snapshot_preview1")]
extern "C" {
    fn sock_open(family: u32, kind: u32, fd: *mut u32) -> u32;
    fn sock_bind(fd: u32, address: *const Address, port: u32) -> u32;
    fn sock_listen(fd: u32, backlog: u32) -> u32;
    fn sock_connect(fd: u32, address: *const Address, port: u32) -> u32;
    fn sock_accept(fd: u32, accepted: *mut u32) -> u32;
    fn sock_send(fd: u32, buffers: *const Buffer, count: u32, flags: u32, sent: *mut u32) -> u32;
    fn sock_recv(fd: u32, buffers: *const Buffer, count: u32, flags: u32, got: *mut u32, out: *mut u32) -> u32;
    fn sock_getlocaladdr(fd: u32, address: *const Address, kind: *mut u32, port: *mut u32) -> u32;
}

fn files(top: &Path) -> io::Result<()> {
    let below = top.join("one/two");
    fs::create_dir_all(&below)?;
    let path = below.join("file");
    let mut file = File::create(&path)?;
    file.write_all(b"first\nsecond\n")?;
    file.sync_all()?;
    OpenOptions::new().append(true).open(&path)?.write_all(b"third\n")?;
    assert_eq!(fs::read_to_string(&path)?.lines().collect::<Vec<_>>(), ["first", "second", "third"]);

    let mut file = OpenOptions::new().read(true).write(true).open(&path)?;
    let mut five = [0; 5];
    file.seek(SeekFrom::End(-6))?;
    file.read_exact(&mut five)?;
    assert_eq!(&five, b"third");
    file.set_len(5)?;
    assert_eq!(file.metadata()?.len(), 5);

    fs::rename(&path, below.join("renamed"))?;
    assert_eq!(File::open(&path).unwrap_err().kind(), ErrorKind::NotFound);
    fs::hard_link(below.join("renamed"), below.join("linked"))?;
    fs::copy(below.join("linked"), below.join("copied"))?;
    let mut names: Vec<_> = fs::read_dir(&below)?.map(|one| one.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["copied", "linked", "renamed"]);
    assert!(fs::remove_dir(&below).is_err());
    fs::remove_dir_all(top.join("one"))?;
    assert!(fs::metadata(&below).is_err());
    let escape = File::open(top.join("../../../../etc/passwd"));
    assert!(escape.is_err());
    Ok(())
}

fn clocks() {
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(20));
    assert!(start.elapsed() >= Duration::from_millis(20));
    assert!(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() > 1_600_000_000);
}

unsafe fn tcp() {
    let loopback = [127u8, 0, 0, 1];
    let address = Address(loopback.as_ptr(), 4);
    let (mut listening, mut client, mut server) = (0, 0, 0);
    let (mut kind, mut port, mut moved, mut flags) = (0, 0, 0, 0);
    assert_eq!(sock_open(1, 2, &mut listening), 0);
    assert_eq!(sock_bind(listening, &address, 0), 0);
    assert_eq!(sock_listen(listening, 1), 0);
    assert_eq!(sock_getlocaladdr(listening, &address, &mut kind, &mut port), 0);
    assert_eq!(sock_open(1, 2, &mut client), 0);
    assert_eq!(sock_connect(client, &address, port), 0);
    assert_eq!(sock_accept(listening, &mut server), 0);
    assert_eq!(sock_send(client, &Buffer(b"hello".as_ptr(), 5), 1, 0, &mut moved), 0);
    let mut got = [0u8; 8];
    assert_eq!(sock_recv(server, &Buffer(got.as_mut_ptr(), 8), 1, 0, &mut moved, &mut flags), 0);
    assert_eq!(&got[..moved as usize], b"hello");
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().expect("a word");
    match what.as_str() {
        "files" => files(Path::new(&arguments.next().expect("a directory"))).unwrap(),
        "clocks" => clocks(),
        "tcp" => unsafe { tcp() },
        "input" => {
            let mut seen: HashMap<String, usize> = HashMap::new();
            for line in io::stdin().lines() {
                *seen.entry(line.unwrap()).or_default() += 1;
            }
            let mut seen: Vec<_> = seen.into_iter().collect();
            seen.sort();
            println!("{:?} {}", seen, std::env::var("NAME").unwrap());
        }
        "panic" => panic!("as it was asked to"),
        other => std::process::exit(other.parse().unwrap()),
    }
}
