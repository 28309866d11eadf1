//! The system calls: `read`, `write` and `exit`.

use crate::{
    allocate,
    error::TrapKind,
    execute::{DebugStream, Host},
    interpreter::{Machine, Stop},
    observer::{EcallEvent, Observer, Served, Touch, Transfer},
    record::Call,
};

/// The input and the output of a run.
pub(crate) struct Streams<'a> {
    /// Input not yet read.
    pub(crate) input: &'a [u8],
    /// Public output not yet taken away.
    pub(crate) output: Vec<u8>,
    /// The length of the output that was.
    pub(crate) output_taken: u32,
    /// The most public output, whether taken away or not.
    pub(crate) max_output: u32,
}

impl<'a> Streams<'a> {
    pub(crate) fn new(input: &'a [u8], max_output: u32) -> Self {
        Self {
            input,
            output: Vec::new(),
            output_taken: 0,
            max_output,
        }
    }

    /// The length of the public output of the run; never more than `max_output`.
    pub(crate) fn output_length(&self) -> u32 {
        self.output_taken + self.output.len() as u32
    }
}

/// The most that one `read` or `write` moves.
pub const MAX_TRANSFER: u32 = 4096;

impl<O: Observer> Machine<'_, O> {
    /// Executes an ECALL at `pc` and yields the address of the next instruction.
    #[inline(never)]
    pub(crate) fn ecall(&mut self, pc: u32, host: &mut dyn Host) -> Result<u32, Stop> {
        let [a0, a1, a2, a7] = [A0, A1, A2, A7].map(|register| self.read(register));
        let output_length = self.streams.output_length();
        let call = call(a7, a0)?;
        if call != Call::Exit && u64::from(a1) + u64::from(a2) > 1 << 32 {
            return Err(Stop::Trap(TrapKind::BufferPastMemory {
                pointer: a1,
                length: a2,
            }));
        }
        let length = a2.min(MAX_TRANSFER);
        let result = match call {
            Call::Read => self.read_input(a1, length)?,
            Call::WriteOutput => self.write_output(a1, length)?,
            Call::WriteDebug => self.write_debug(a0, a1, length, host),
            Call::Exit => a0,
        };
        self.registers[usize::from(A0)] = result;
        self.observer.ecall(EcallEvent {
            pc,
            call,
            a7,
            a0,
            a1,
            a2,
            result,
            output_length,
        });
        let next_pc = pc.wrapping_add(4);
        match call {
            Call::Exit => Err(Stop::Exit { code: a0 }),
            _ if O::PAUSES_AFTER_ECALL => Err(Stop::Ecall { next_pc }),
            _ => Ok(next_pc),
        }
    }

    /// Moves at most `length` bytes of input to `pointer`, and yields how many.
    fn read_input(&mut self, pointer: u32, length: u32) -> Result<u32, Stop> {
        let (bytes, rest) = self
            .streams
            .input
            .split_at(self.streams.input.len().min(length as usize));
        self.streams.input = rest;
        let length = bytes.len() as u32;
        let mut bytes = bytes.iter();
        for part in parts(pointer, length) {
            let word = self.access(part.address, |before| {
                let mut after = before.to_le_bytes();
                for (place, byte) in after[part.places()].iter_mut().zip(&mut bytes) {
                    *place = *byte;
                }
                u32::from_le_bytes(after)
            })?;
            self.observer.serve(part.transfer(false, word, 0))?;
        }
        Ok(length)
    }

    /// Appends `length` bytes at `pointer` to the public output.
    fn write_output(&mut self, pointer: u32, length: u32) -> Result<u32, Stop> {
        let start = self.streams.output_length();
        if length > self.streams.max_output.saturating_sub(start) {
            return Err(Stop::OutputLimit);
        }
        let output = &mut self.streams.output;
        allocate::reserve(output, length as usize).map_err(Stop::OutOfMemory)?;
        for part in parts(pointer, length) {
            let word = self.access(part.address, |before| before)?;
            self.streams
                .output
                .extend_from_slice(&word.before.to_le_bytes()[part.places()]);
            let index = start + (length - part.remaining);
            self.observer.serve(part.transfer(true, word, index))?;
        }
        Ok(length)
    }

    /// Hands `length` bytes at `pointer` to the host.
    fn write_debug(
        &mut self,
        descriptor: u32,
        pointer: u32,
        length: u32,
        host: &mut dyn Host,
    ) -> u32 {
        let mut bytes = Vec::with_capacity(length as usize);
        for part in parts(pointer, length) {
            let value = self.memory.get(part.address).value;
            bytes.extend_from_slice(&value.to_le_bytes()[part.places()]);
        }
        let stream = if descriptor == 1 {
            DebugStream::Out
        } else {
            DebugStream::Error
        };
        host.debug(stream, &bytes);
        length
    }
}

/// The call, by number and file descriptor.
fn call(number: u32, descriptor: u32) -> Result<Call, Stop> {
    match (number, descriptor) {
        (63, 0) => Ok(Call::Read),
        (64, 1 | 2) => Ok(Call::WriteDebug),
        (64, 3) => Ok(Call::WriteOutput),
        (93 | 94, _) => Ok(Call::Exit),
        (63 | 64, _) => Err(Stop::Trap(TrapKind::UnknownDescriptor {
            number,
            descriptor,
        })),
        _ => Err(Stop::Trap(TrapKind::UnknownCall { number })),
    }
}

/// The bytes of a buffer that lie in one word.
struct Part {
    address: u32,
    offset: u8,
    count: u8,
    /// Bytes of the buffer from here on.
    remaining: u32,
}

impl Part {
    fn places(&self) -> core::ops::Range<usize> {
        usize::from(self.offset)..usize::from(self.offset + self.count)
    }

    fn transfer(&self, is_output: bool, word: Touch, index: u32) -> Served {
        let Self {
            offset,
            count,
            remaining,
            ..
        } = *self;
        Served::Transfer(Transfer {
            is_output,
            word,
            offset,
            count,
            remaining,
            index,
        })
    }
}

/// Cuts a buffer, which ends at 2^32 at the latest, into words.
fn parts(pointer: u32, length: u32) -> impl Iterator<Item = Part> {
    let (mut address, mut offset, mut remaining) = (pointer / 4, (pointer % 4) as u8, length);
    core::iter::from_fn(move || {
        if remaining == 0 {
            return None;
        }
        let count = remaining.min(u32::from(4 - offset)) as u8;
        let part = Part {
            address,
            offset,
            count,
            remaining,
        };
        (address, offset, remaining) = (address.wrapping_add(1), 0, remaining - u32::from(count));
        Some(part)
    })
}

const A0: u8 = 10;
const A1: u8 = 11;
const A2: u8 = 12;
const A7: u8 = 17;
