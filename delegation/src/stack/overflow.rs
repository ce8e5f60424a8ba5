//! Reports a stack overflow: the generator, the size of its stack, and the remedy.
//!
//! An overflow touches the guard page below a stack. This raises SIGSEGV, or SIGBUS on some
//! systems. The handler finds the slot by the address, and in the slot the label of the generator.
//! For other faults it calls the handler that was installed before, usually the standard library's
//! handler, which reports overflows of threads.
#![allow(unsafe_code, reason = "handles a signal")]

use std::cell::UnsafeCell;
use std::fmt::{self, Write};
use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Once, OnceLock};

use super::slab;
use crate::label::{Label, short_name};

/// A slab that the handler knows. It is never freed, because the handler may be reading it. After
/// `unwatch` it is used for another slab.
struct Region {
    start: AtomicUsize,
    len: AtomicUsize,
    slot_size: AtomicUsize,
    next: *const Region,
}

static REGIONS: AtomicPtr<Region> = AtomicPtr::new(ptr::null_mut());

fn regions() -> impl Iterator<Item = &'static Region> {
    let mut next: *const Region = REGIONS.load(Ordering::Acquire);
    std::iter::from_fn(move || {
        // SAFETY: regions are leaked boxes, and complete before they can be reached (Release in
        // `watch`).
        let region = unsafe { next.as_ref() }?;
        next = region.next;
        Some(region)
    })
}

/// Begins to report overflows in a slab.
pub(crate) fn watch(start: usize, len: usize, slot_size: usize) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(install);
    ensure_signal_stack();
    const TAKING: usize = usize::MAX;
    let reused = regions().find(|region| {
        region
            .start
            .compare_exchange(0, TAKING, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    });
    if let Some(region) = reused {
        region.len.store(len, Ordering::Relaxed);
        region.slot_size.store(slot_size, Ordering::Relaxed);
        region.start.store(start, Ordering::Release);
        return;
    }
    let region = Box::leak(Box::new(Region {
        start: AtomicUsize::new(start),
        len: AtomicUsize::new(len),
        slot_size: AtomicUsize::new(slot_size),
        next: ptr::null(),
    }));
    let mut head = REGIONS.load(Ordering::Relaxed);
    loop {
        region.next = head;
        match REGIONS.compare_exchange_weak(head, region, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return,
            Err(other) => head = other,
        }
    }
}

/// Forgets a slab that is about to be unmapped.
pub(crate) fn unwatch(start: usize) {
    if let Some(region) = regions().find(|region| region.start.load(Ordering::Relaxed) == start) {
        region.start.store(0, Ordering::Release);
    }
}

/// Returns the start and the size of the slot whose guard page contains `address`.
fn overflowed_slot(address: usize) -> Option<(usize, usize)> {
    for region in regions() {
        let start = region.start.load(Ordering::Acquire);
        let (len, slot_size) = (
            region.len.load(Ordering::Relaxed),
            region.slot_size.load(Ordering::Relaxed),
        );
        if start == 0 || address < start || address - start >= len {
            continue;
        }
        let offset = (address - start) % slot_size;
        // SAFETY: sysconf has no preconditions, and is safe in a signal handler on the supported
        // systems.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) }.unsigned_abs() as usize;
        return (offset < page).then_some((address - offset, slot_size));
    }
    None
}

/// The earlier handlers of SIGSEGV and SIGBUS.
struct Previous(UnsafeCell<[MaybeUninit<libc::sigaction>; 2]>);

// SAFETY: `install` writes it once, before the handler that reads it can run.
unsafe impl Sync for Previous {}

static PREVIOUS: Previous = Previous(UnsafeCell::new([MaybeUninit::uninit(); 2]));
const SIGNALS: [libc::c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

fn install() {
    for (i, signal) in SIGNALS.into_iter().enumerate() {
        // SAFETY: `sigaction` is plain data, for which zeroes are a valid value.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = handle as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: `install` runs once, and the handler does not run before it is installed below.
        let previous = unsafe { (*PREVIOUS.0.get())[i].as_mut_ptr() };
        // SAFETY: the call writes the current action into memory of our own.
        unsafe { libc::sigaction(signal, ptr::null(), previous) };
        // SAFETY: `handle` has the signature that SA_SIGINFO demands, and does only things that a
        // signal handler may do.
        unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
    }
}

/// Gives the thread a stack for signal handlers if it has none. Threads of the standard library
/// have one.
fn ensure_signal_stack() {
    const SIZE: usize = 64 << 10;
    // SAFETY: `stack_t` is plain data, for which zeroes are a valid value.
    let mut current: libc::stack_t = unsafe { mem::zeroed() };
    // SAFETY: the call writes the current signal stack into memory of our own.
    unsafe { libc::sigaltstack(ptr::null(), &raw mut current) };
    if current.ss_flags & libc::SS_DISABLE == 0 {
        return;
    }
    // The memory is leaked, because the thread may get a signal until its very end.
    let memory = Box::leak(vec![0u8; SIZE].into_boxed_slice());
    let stack = libc::stack_t {
        ss_sp: memory.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: SIZE,
    };
    // SAFETY: the memory is never freed or used for anything else.
    unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) };
}

extern "C" fn handle(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid `siginfo_t` of a fault, which has an address.
    let address = unsafe { (*info).si_addr() }.addr();
    if let Some((limit, size)) = overflowed_slot(address) {
        // SAFETY: only code that runs on a stack reaches its guard, so the slot was taken, and its
        // label belongs to a generator that is running and therefore alive (rule 4 of
        // `coroutine::links`).
        let (owner, size) = unsafe { slab::owner_of(limit, size) };
        // SAFETY: as above, the label belongs to a generator that is alive.
        report(unsafe { owner.label.as_ref() }, size);
        // SAFETY: a signal handler may call abort.
        unsafe { libc::abort() };
    }
    pass_on(signal, info, context);
}

/// How the program makes larger stacks, if it does not make its generators itself.
static HELP: OnceLock<OverflowHelp> = OnceLock::new();

/// What a library that makes generators for its users adds to the report of an overflow.
#[derive(Clone, Copy, Debug)]
pub struct OverflowHelp {
    /// How the program makes larger stacks, in place of `Builder::stack_size`.
    pub settings: &'static str,
    /// Writes what runs on the thread, such as `, in task Task-1`. A signal handler calls it, so it must not allocate
    /// memory or wait for a lock.
    pub running: fn(&mut dyn fmt::Write) -> fmt::Result,
}

/// Adds to the reports of overflows. The first call counts.
pub fn set_overflow_help(help: OverflowHelp) {
    HELP.get_or_init(|| help);
}

/// The text of a report, in memory of its own. A longer text is cut.
struct Text {
    bytes: [u8; 1024],
    len: usize,
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes.len() - self.len;
        let fits = &text.as_bytes()[..text.len().min(room)];
        self.bytes[self.len..][..fits.len()].copy_from_slice(fits);
        self.len += fits.len();
        Ok(())
    }
}

/// Writes the report. This runs on the thread that overflowed, and no other thread changes the
/// label.
fn report(label: Option<&Label>, size: usize) {
    // A handler must not allocate memory.
    let mut text = Text {
        bytes: [0; 1024],
        len: 0,
    };
    let _ = match label {
        Some(label) => describe(&mut text, label, size),
        None => text.write_str("\na generator has overflowed its stack\n"),
    };
    // SAFETY: the bytes are initialised and our own, and a signal handler may call write.
    unsafe { libc::write(libc::STDERR_FILENO, text.bytes.as_ptr().cast(), text.len) };
}

fn describe(text: &mut Text, label: &Label, size: usize) -> fmt::Result {
    let help = HELP.get();
    write!(
        text,
        "\ngenerator {} (made at {}) has overflowed its stack of {} KiB",
        short_name(&label.name),
        label.made_at.get(),
        size / 1024,
    )?;
    if let Some(help) = help {
        (help.running)(text)?;
    }
    writeln!(
        text,
        "\nhelp: give it a larger one with {}, or recurse by yield_from of new generators, which have stacks of their own",
        help.map_or("Builder::stack_size", |help| help.settings)
    )
}

/// Passes a fault that is not ours to the earlier handler.
fn pass_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let index = usize::from(signal != SIGNALS[0]);
    // SAFETY: `install` has written it before this handler could run.
    let previous = unsafe { (*PREVIOUS.0.get())[index].assume_init_ref() };
    match previous.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: this restores the earlier action; when the handler returns, the instruction
            // faults again and ends the program.
            unsafe { libc::sigaction(signal, previous, ptr::null_mut()) };
        }
        handler if previous.sa_flags & libc::SA_SIGINFO != 0 => {
            type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
            // SAFETY: a handler that was installed with SA_SIGINFO has this signature.
            let handler = unsafe { mem::transmute::<usize, Handler>(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: a handler that was installed without SA_SIGINFO has this signature.
            let handler = unsafe { mem::transmute::<usize, extern "C" fn(libc::c_int)>(handler) };
            handler(signal);
        }
    }
}
