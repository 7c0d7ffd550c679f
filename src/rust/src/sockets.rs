//! Sockets of R's connections. R opens them without a word on when bytes are sent, and writes a message in pieces: by the system's default the last piece waits until
//! the other side has acknowledged those before, which it puts off for 40 ms.

use extendr_api::prelude::*;

/// Has the TCP sockets of this process that are at a port, on this side or the other, send what is written at once; how many there are.
/// Bytes and their order remain what they are.
/// @noRd
#[extendr]
fn engine_send_at_once(port: i32) -> i32 {
    match u16::try_from(port) {
        Ok(port) if port != 0 => sockets_at(port),
        _ => 0,
    }
}

#[cfg(unix)]
fn sockets_at(port: u16) -> i32 {
    use std::mem::ManuallyDrop;
    use std::net::TcpStream;
    use std::os::fd::FromRawFd;
    let Ok(open) = std::fs::read_dir("/dev/fd") else {
        return 0;
    };
    let names = open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let numbers: Vec<i32> = names.collect();
    let is_there = |socket: &TcpStream| {
        let ours = socket.local_addr().is_ok_and(|address| address.port() == port);
        ours || socket.peer_addr().is_ok_and(|address| address.port() == port)
    };
    let hasten = |number: &&i32| {
        // SAFETY: the number was open a moment ago, and R, which opens and closes connections, waits for this function. It is only asked what it is, which fails
        // for what is no socket, and never closed here.
        let socket = ManuallyDrop::new(unsafe { TcpStream::from_raw_fd(**number) });
        is_there(&socket) && socket.set_nodelay(true).is_ok()
    };
    numbers.iter().filter(hasten).count() as i32
}

/// Elsewhere they are left as they are.
#[cfg(not(unix))]
fn sockets_at(_port: u16) -> i32 {
    0
}

extendr_module! {
    mod sockets;
    fn engine_send_at_once;
}
