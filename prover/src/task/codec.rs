//! Tasks as bytes: one encoding per task, read without trust.
//!
//! Magic, version, then every field in order, numbers little endian, lists after their length; at
//! the end a digest of all of it, so that damage is found before anything is executed. Every
//! allocation is at most a small multiple of the bytes that are there.

use zonda_circuits::{machine::ZeroedRange, system::boundary::Left};
use zonda_riscv_emu::{
    allocate::{self, OutOfMemory},
    record::{Family, Service},
    shard::{BoundaryWord, End, Start},
};
use zonda_verifier::{Heights, Links, PartHeader};

use super::Task;
use crate::part::{ProgramWork, ShardWork, Work, ZeroedWork};

const MAGIC: &[u8; 8] = b"ZONDATSK";
const VERSION: u16 = 4;
const DIGEST_BYTES: usize = 32;
/// The most bytes of a task without the lists of its work.
const MOST_OTHER_BYTES: usize = 1 << 12;

/// Bytes that are not a task.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TaskReadError {
    /// The bytes do not begin as a task does.
    #[error("not a zonda task: it does not begin with \"ZONDATSK\"")]
    Magic,
    /// A task in another version's encoding.
    #[error("task format version {got}; this prover reads version {VERSION}")]
    Version {
        /// The version of the bytes.
        got: u16,
    },
    /// The digest at the end is not that of the bytes before.
    #[error("the task was damaged: its digest does not match")]
    Digest,
    /// The bytes end early.
    #[error("the task ends in its {place}")]
    Truncated {
        /// Where.
        place: &'static str,
    },
    /// A byte or number that is impossible there.
    #[error("{place}: {got} is not possible")]
    Value {
        /// Where.
        place: &'static str,
        /// The number.
        got: u32,
    },
    /// Links that are impossible, or encoded in another way.
    #[error("the links are not in their one form")]
    Links,
    /// The system refuses memory for the task.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// Bytes after the last field.
    #[error("{count} bytes follow the task")]
    Trailing {
        /// How many.
        count: usize,
    },
}

impl Task {
    /// The task's bytes.
    ///
    /// # Errors
    /// If the system refuses the memory.
    pub fn to_bytes(&self) -> Result<Vec<u8>, OutOfMemory> {
        // Lists take no more bytes than memory.
        let mut bytes = allocate::with_capacity(self.work.bytes() as usize + MOST_OTHER_BYTES)?;
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(self.program_id);
        bytes.extend(self.key_digest);
        put(&mut bytes, [self.index]);
        let PartHeader {
            heights,
            boundary_root,
            links,
        } = &self.header;
        bytes.extend(heights.to_bytes());
        bytes.extend(boundary_root);
        bytes.extend(links.to_bytes());
        bytes.extend(self.global);
        let Work {
            shard,
            program,
            zeroed,
        } = &self.work;
        bytes.extend([shard.is_some(), program.is_some(), zeroed.is_some()].map(u8::from));
        if let Some(shard) = shard {
            put_shard(&mut bytes, shard);
        }
        if let Some(ProgramWork { uses, left }) = program {
            put_list(&mut bytes, uses, |(number, rows)| [*number, *rows]);
            put_left(&mut bytes, left);
        }
        if let Some(ZeroedWork { range, left }) = zeroed {
            put(&mut bytes, range.from);
            put(&mut bytes, range.to);
            put_left(&mut bytes, left);
        }
        bytes.extend(blake3::hash(&bytes).as_bytes());
        Ok(bytes)
    }

    /// Reads a task from bytes, which may come from anyone.
    ///
    /// # Errors
    /// If the bytes are not a task of this version in its one form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TaskReadError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(TaskReadError::Magic)?;
        let mut reader = Reader {
            rest,
            place: "header",
        };
        let got = u16::from_le_bytes(reader.array()?);
        if got != VERSION {
            return Err(TaskReadError::Version { got });
        }
        let (told, digest) = bytes
            .split_last_chunk::<DIGEST_BYTES>()
            .filter(|(told, _)| told.len() >= bytes.len() - reader.rest.len())
            .ok_or(TaskReadError::Truncated { place: "digest" })?;
        if blake3::hash(told).as_bytes() != digest {
            return Err(TaskReadError::Digest);
        }
        reader.rest = &reader.rest[..reader.rest.len() - DIGEST_BYTES];
        let task = reader.task()?;
        match reader.rest.len() {
            0 => Ok(task),
            count => Err(TaskReadError::Trailing { count }),
        }
    }
}

fn put(bytes: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>) {
    bytes.extend(numbers.into_iter().flat_map(u32::to_le_bytes));
}

fn put_list<T, const N: usize>(bytes: &mut Vec<u8>, list: &[T], numbers: impl Fn(&T) -> [u32; N]) {
    put(bytes, [list.len() as u32]);
    put(bytes, list.iter().flat_map(numbers));
}

fn put_bytes(bytes: &mut Vec<u8>, list: &[u8]) {
    put(bytes, [list.len() as u32]);
    bytes.extend(list);
}

fn put_left(bytes: &mut Vec<u8>, left: &[Left]) {
    put_list(bytes, left, |left| {
        [left.space, left.address, left.value, left.owner]
    });
}

fn put_shard(bytes: &mut Vec<u8>, shard: &ShardWork) {
    put(bytes, [shard.position, shard.start.pc]);
    put(bytes, shard.start.registers);
    put(bytes, [shard.start.output_length]);
    put_list(bytes, &shard.words, |word| {
        [word.address, word.before, word.owner, word.after]
    });
    put(bytes, shard.registers_after);
    put(bytes, [shard.output_length_after]);
    put_list(bytes, &shard.pcs, |pc| [*pc]);
    put_bytes(bytes, &shard.input);
    put_bytes(bytes, &shard.output);
    let (exits, number) = match shard.end {
        End::Next { pc } => (0, pc),
        End::Exit { code } => (1, code),
    };
    put(bytes, [exits, number]);
    put(bytes, shard.instructions);
    put(bytes, shard.services);
}

/// The bytes left to read, and their place.
struct Reader<'a> {
    rest: &'a [u8],
    place: &'static str,
}

impl<'a> Reader<'a> {
    fn task(&mut self) -> Result<Task, TaskReadError> {
        let program_id = self.array()?;
        let key_digest = self.array()?;
        let index = self.number()?;
        let header = self.header()?;
        let global = self.array()?;
        let [shard, program, zeroed] = self.array()?.map(u32::from);
        let mut work = Work::default();
        if self.flag(shard)? {
            self.place = "shard";
            work.shard = Some(self.shard()?);
        }
        if self.flag(program)? {
            self.place = "program";
            work.program = Some(ProgramWork {
                uses: self.list(|[number, rows]| (number, rows))?,
                left: self.left()?,
            });
        }
        if self.flag(zeroed)? {
            self.place = "zeroed words";
            let range = ZeroedRange {
                from: self.numbers()?,
                to: self.numbers()?,
            };
            work.zeroed = Some(ZeroedWork {
                range,
                left: self.left()?,
            });
        }
        Ok(Task {
            program_id,
            key_digest,
            index,
            header,
            global,
            work,
        })
    }

    fn header(&mut self) -> Result<PartHeader, TaskReadError> {
        Ok(PartHeader {
            heights: Heights::from(self.numbers()?),
            boundary_root: self.array()?,
            links: Links::from_bytes(&self.array()?).ok_or(TaskReadError::Links)?,
        })
    }

    fn shard(&mut self) -> Result<ShardWork, TaskReadError> {
        Ok(ShardWork {
            position: self.number()?,
            start: Start {
                pc: self.number()?,
                registers: self.numbers()?,
                output_length: self.number()?,
            },
            words: self.list(|[address, before, owner, after]| BoundaryWord {
                address,
                before,
                owner,
                after,
            })?,
            registers_after: self.numbers()?,
            output_length_after: self.number()?,
            pcs: self.list(|[pc]| pc)?,
            input: self.bytes()?,
            output: self.bytes()?,
            end: {
                let [exits, number] = self.numbers()?;
                match self.flag(exits)? {
                    false => End::Next { pc: number },
                    true => End::Exit { code: number },
                }
            },
            instructions: self.numbers::<{ Family::ALL.len() }>()?,
            services: self.numbers::<{ Service::ALL.len() }>()?,
        })
    }

    fn left(&mut self) -> Result<Vec<Left>, TaskReadError> {
        self.list(|[space, address, value, owner]| Left {
            space,
            address,
            value,
            owner,
        })
    }

    fn flag(&self, got: u32) -> Result<bool, TaskReadError> {
        match got {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(TaskReadError::Value {
                place: self.place,
                got,
            }),
        }
    }

    fn list<T, const N: usize>(
        &mut self,
        item: impl Fn([u32; N]) -> T,
    ) -> Result<Vec<T>, TaskReadError> {
        let count = self.count(4 * N)?;
        let mut list = allocate::with_capacity(count)?;
        for _ in 0..count {
            list.push(item(self.numbers()?));
        }
        Ok(list)
    }

    fn bytes(&mut self) -> Result<Vec<u8>, TaskReadError> {
        let count = self.count(1)?;
        Ok(allocate::copied(self.take(count)?)?)
    }

    /// The length of a list of items of `size` bytes, which are there.
    fn count(&mut self, size: usize) -> Result<usize, TaskReadError> {
        let count = self.number()? as usize;
        match count.checked_mul(size) {
            Some(bytes) if bytes <= self.rest.len() => Ok(count),
            _ => Err(TaskReadError::Truncated { place: self.place }),
        }
    }

    fn number(&mut self) -> Result<u32, TaskReadError> {
        self.array().map(u32::from_le_bytes)
    }

    fn numbers<const N: usize>(&mut self) -> Result<[u32; N], TaskReadError> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            *number = self.number()?;
        }
        Ok(numbers)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], TaskReadError> {
        let (array, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(TaskReadError::Truncated { place: self.place })?;
        self.rest = rest;
        Ok(*array)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], TaskReadError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(TaskReadError::Truncated { place: self.place })?;
        self.rest = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use zonda_riscv_emu::record::REGISTERS;

    use super::*;

    fn task() -> Task {
        let left = |address| Left {
            space: 1,
            address,
            value: 7,
            owner: 3,
        };
        let links = Links {
            zeroed: Some(ZeroedRange {
                from: [1, 2],
                to: [3, 4],
            }),
            ..Links::default()
        };
        Task {
            program_id: [1; 32],
            key_digest: [2; 32],
            index: 5,
            header: PartHeader {
                heights: Heights::new(|table| table as u32 * 1000),
                boundary_root: [4; 32],
                links,
            },
            global: [6; 32],
            work: Work {
                shard: Some(ShardWork {
                    position: 6,
                    start: Start {
                        pc: 4,
                        registers: core::array::from_fn(|index| index as u32),
                        output_length: 9,
                    },
                    words: vec![BoundaryWord::default(); 2],
                    registers_after: [8; REGISTERS],
                    output_length_after: 10,
                    pcs: vec![4, 8],
                    input: vec![1, 2, 3],
                    output: vec![4],
                    end: End::Next { pc: 12 },
                    instructions: [3; Family::ALL.len()],
                    services: [1; Service::ALL.len()],
                }),
                program: Some(ProgramWork {
                    uses: vec![(0, 1), (2, 3)],
                    left: vec![left(5)],
                }),
                zeroed: Some(ZeroedWork {
                    range: ZeroedRange {
                        from: [1, 2],
                        to: [3, 4],
                    },
                    left: vec![left(6), left(7)],
                }),
            },
        }
    }

    /// Bytes with their digest.
    fn sealed(told: &[u8]) -> Vec<u8> {
        [told, blake3::hash(told).as_bytes()].concat()
    }

    #[test]
    fn tasks_are_read_back() {
        let task = task();
        let mut exits = task.clone();
        exits.work.shard.as_mut().unwrap().end = End::Exit { code: 1 };
        let least = Task {
            work: Work::default(),
            ..task.clone()
        };
        for task in [task, exits, least] {
            let bytes = task.to_bytes().unwrap();
            assert_eq!(Task::from_bytes(&bytes), Ok(task));
        }
    }

    #[test]
    fn any_damage_is_found() {
        let bytes = task().to_bytes().unwrap();
        for length in 0..bytes.len() {
            assert!(Task::from_bytes(&bytes[..length]).is_err(), "{length}");
        }
        for index in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[index] ^= 1;
            assert!(Task::from_bytes(&bytes).is_err(), "{index}");
        }
        let magic = Task::from_bytes(b"ZONDA").unwrap_err();
        assert_eq!(magic, TaskReadError::Magic);
    }

    /// A right digest earns no trust: its content is read with the same checks.
    #[test]
    fn sealed_bytes_have_one_form() {
        let task = task();
        let bytes = task.to_bytes().unwrap();
        let told = &bytes[..bytes.len() - DIGEST_BYTES];
        for length in MAGIC.len() + 2..told.len() {
            let error = Task::from_bytes(&sealed(&told[..length])).unwrap_err();
            assert!(
                matches!(error, TaskReadError::Truncated { .. }),
                "{length}: {error}"
            );
        }
        let trailing = sealed(&[told, &[0]].concat());
        let error = TaskReadError::Trailing { count: 1 };
        assert_eq!(Task::from_bytes(&trailing), Err(error));
        for index in MAGIC.len() + 2..told.len() {
            let mut told = told.to_vec();
            told[index] = 0xff;
            let bytes = sealed(&told);
            if let Ok(task) = Task::from_bytes(&bytes) {
                assert_eq!(task.to_bytes().unwrap(), bytes, "{index}");
            }
        }
    }
}
