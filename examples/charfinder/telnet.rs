//! The commands that `telnet` mixes with the text.
//!
//! A command begins with the byte 255 (IAC, "interpret as command"), which is in no UTF-8. Some
//! clients begin with proposals of how to go on, which may be ignored: then everything stays as it
//! is. Ctrl-C sends *interrupt process*, and Ctrl-\ sends *abort*.

const IAC: u8 = 255;
/// What follows up to `SE` belongs to one option.
const SB: u8 = 250;
const SE: u8 = 240;
/// These, WONT and DO between them, have an option.
const WILL: u8 = 251;
const DONT: u8 = 254;
/// Interrupt process, break, abort, suspend, and end of file.
const ENDS: [u8; 5] = [244, 243, 238, 237, 236];
/// What the server takes for the end of a session.
const CONTROL_C: u8 = 3;

/// Returns a line without its commands; one that interrupts begins with a control character.
pub(crate) fn text(line: Vec<u8>) -> Vec<u8> {
    if !line.contains(&IAC) {
        return line;
    }
    let mut text = Vec::new();
    let mut rest = line.as_slice();
    while let Some(at) = rest.iter().position(|&byte| byte == IAC) {
        text.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.first() {
            Some(command) if ENDS.contains(command) => return vec![CONTROL_C],
            Some(&SB) => rest = after_option(rest),
            Some(WILL..=DONT) => rest = rest.get(1..).unwrap_or_default(),
            Some(SE..SB) => {}
            // It stands for itself, which is no text, or begins nothing that is known.
            _ => text.push(IAC),
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    text.extend_from_slice(rest);
    text
}

/// Returns what follows the IAC at the end of an option, beginning with the SE.
fn after_option(rest: &[u8]) -> &[u8] {
    let end = rest.windows(2).position(|pair| pair == [IAC, SE]);
    end.map_or(&[], |at| &rest[at + 1..])
}
