//! `storycore stdio`: stdin and stdout as a connection to the daemon, byte for byte.

use std::{
    io::{self, Read, Write},
    net::Shutdown,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::connect_stream;
use crate::failure::Failure;

const CHUNK_BYTES: usize = 64 << 10;

/// Carries bytes both ways until either side ends.
pub(crate) fn run() -> Result<(), Failure> {
    let mut stream = connect_stream()?;
    let mut upward = stream.try_clone().map_err(Failure::lost)?;
    let all_sent = Arc::new(AtomicBool::new(false));
    let sent = all_sent.clone();
    // Never joined: a read of stdin cannot be called off, so it ends with the process.
    thread::spawn(move || {
        let ended = copy(&mut io::stdin().lock(), &mut upward);
        sent.store(ended.is_ok(), Ordering::Release);
        // Half closed: the daemon answers what it has been asked, then closes the other half.
        let _ = upward.shutdown(Shutdown::Write);
    });
    copy(&mut stream, &mut io::stdout().lock()).map_err(|_| Failure::NoReader)?;
    if all_sent.load(Ordering::Acquire) {
        return Ok(());
    }
    Err(Failure::lost("it closed the connection"))
}

/// Like `io::copy`, but each piece goes out at once: the other side waits for it.
fn copy(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(length) => {
                to.write_all(&chunk[..length])?;
                to.flush()?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A daemon that ends with requests unread resets the connection.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
