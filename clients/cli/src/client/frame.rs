//! Messages on the socket: a header with their length, an empty line, then the bytes, as in LSP.

use std::io::{BufRead, ErrorKind, Read};

use crate::failure::Failure;

// An answer is as long as the daemon makes it; this only keeps a stranger on the socket from
// taking all memory.
const BODY_BYTES_MAX: usize = 1 << 30;
const HEADER_BYTES_MAX: u64 = 8 << 10;

/// Appends a message.
pub(super) fn put(bytes: &mut Vec<u8>, body: &str) {
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(body.as_bytes());
}

/// Reads a message.
pub(super) fn read(reader: &mut impl BufRead) -> Result<Vec<u8>, Failure> {
    let mut length = None;
    let mut header = reader.by_ref().take(HEADER_BYTES_MAX);
    loop {
        let mut line = String::new();
        if header.read_line(&mut line).map_err(|it| lost(&it))? == 0 {
            return Err(Failure::lost("it closed the connection"));
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let Some(length) = length.filter(|it| *it <= BODY_BYTES_MAX) else {
        return Err(Failure::lost("its message has no usable Content-Length"));
    };
    let mut body = vec![0; length];
    reader.read_exact(&mut body).map_err(|it| lost(&it))?;
    Ok(body)
}

fn lost(error: &std::io::Error) -> Failure {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Failure::lost("it does not answer"),
        ErrorKind::UnexpectedEof => Failure::lost("it closed the connection"),
        _ => Failure::lost(error),
    }
}
