//! Holes in the address space: which there are, what traps there in every way of executing, and what
//! the error says.

use zonda_riscv_emu::{
    error::{ExecuteError, Location, TrapKind},
    execute::{Discard, Options, Outcome, execute, execute_metered, execute_recorded},
    hole::{Hole, Mistake},
    instruction::Opcode,
    program::Program,
    shard::{BoundaryWord, Costs, Cut, ReplayError, ReplayInput, Sharder, replay},
    testing::*,
};

const LAST_START: u32 = 0xc000_0000;
const SP: u8 = 2;

fn load(words: &[u32]) -> Program {
    Program::from_elf(&elf(words)).unwrap()
}

fn options() -> Options {
    Options {
        max_cycles: Some(1_000_000),
        ..Options::default()
    }
}

fn cut(max_cycles: u64) -> Cut {
    Cut {
        max_cycles,
        capacity: u64::MAX,
        costs: Costs::default(),
    }
}

/// Runs a program in every way that there is, all with the same end.
fn run(program: &Program, input: &[u8]) -> Result<Outcome, (TrapKind, Location)> {
    let trap = |error| match error {
        ExecuteError::Trap { kind, at } => (kind, at),
        other => panic!("no trap: {other}"),
    };
    let options = options();
    let silent = execute(program, input, &options, &mut Discard).map_err(trap);
    let metered = execute_metered(program, input, &options, &mut Discard);
    assert_eq!(metered.map(|(outcome, _)| outcome).map_err(trap), silent);
    let recorded = execute_recorded(program, input, &options, &mut Discard);
    assert_eq!(recorded.map(|(outcome, _)| outcome).map_err(trap), silent);
    let mut sharder = Sharder::new(program, input, &options, cut(7)).unwrap();
    let end = loop {
        match sharder.next(&mut Discard) {
            Ok(None) => break Ok(()),
            Ok(Some(shard)) => {
                replay(program, &shard.replay_input(), 1 << 30).unwrap();
            }
            Err(error) => break Err(trap(error)),
        }
    };
    assert_eq!(end, silent.clone().map(|_| ()));
    silent
}

/// Where a program traps in a hole: the first byte, the hole, and the mistake.
#[track_caller]
fn trap(words: &[u32]) -> (u32, Hole, Mistake) {
    match run(&load(words), b"input") {
        Err((
            TrapKind::Hole {
                address,
                hole,
                mistake,
            },
            _,
        )) => (address, hole, mistake),
        other => panic!("no trap in a hole: {other:?}"),
    }
}

#[test]
fn holes_are_where_no_segment_is() {
    let holes = |address, zeros| {
        let text = Builder::new(0x2_0000).text(0x2_0000, &[ecall()]);
        let file = text.data(address, &[], zeros).build();
        Program::from_elf(&file).unwrap().holes().to_vec()
    };
    let [first, last] = Hole::ALL;
    assert_eq!((first.addresses(), first.words()), (0..0x1_0000, 0..0x4000));
    let words = 0x3000_0000..0x4000_0000;
    assert_eq!(last.addresses(), u64::from(LAST_START)..1 << 32);
    assert_eq!(last.words(), words);
    assert_eq!(load(&[ecall()]).holes(), Hole::ALL);
    // One byte is enough, with contents or without.
    for (address, zeros, expected) in [
        (0, 0, [first, last].as_slice()),
        (0, 1, &[last]),
        (0xffff, 1, &[last]),
        (0xffff, 2, &[last]),
        (0x1_0000, 4, &[first, last]),
        (LAST_START - 4, 4, &[first, last]),
        (LAST_START - 4, 5, &[first]),
        (u32::MAX, 1, &[first]),
        (0x3_0000, 0xfffd_0000, &[first]),
    ] {
        assert_eq!(holes(address, zeros), expected, "{address:#x} {zeros}");
    }
    let file = Builder::new(0x2_0000).text(0x2_0000, &[ecall()]);
    let both = Program::from_elf(&file.without_holes().build()).unwrap();
    assert_eq!(both.holes(), []);
    let text_in_it = Builder::new(0x100).text(0x100, &[ecall()]).build();
    assert_eq!(Program::from_elf(&text_in_it).unwrap().holes(), [last]);
}

#[test]
fn every_load_and_store_traps_in_a_hole_and_not_beside_it() {
    use Opcode::*;
    let widths = [
        (Lb, 1),
        (Lbu, 1),
        (Lh, 2),
        (Lhu, 2),
        (Lw, 4),
        (Sb, 1),
        (Sh, 2),
        (Sw, 4),
    ];
    for (opcode, size) in widths {
        let access = |address: u32| {
            let rd = if matches!(opcode, Sb | Sh | Sw) { 0 } else { 6 };
            let access = assemble(opcode, rd, 5, if rd == 0 { 6 } else { 0 }, -1);
            let mut words = li(5, address.wrapping_add(1)).to_vec();
            words.push(access);
            words.extend(exit(0));
            words
        };
        // The last byte that there is before the last hole, and the first one after the first.
        for address in [0x1_0000, 0x1_0001, LAST_START - size] {
            assert!(run(&load(&access(address)), &[]).is_ok());
        }
        for (address, hole, mistake) in [
            (0, Hole::First, Mistake::NullPointer),
            (0xffff, Hole::First, Mistake::NullPointer),
            (LAST_START, Hole::Last, Mistake::StrayPointer),
            (0xffff_ffff, Hole::Last, Mistake::StrayPointer),
        ] {
            let words = access(address);
            assert_eq!(trap(&words), (address, hole, mistake), "{opcode:?}");
            // The same program with memory there.
            let program = Program::from_elf(&elf_without_holes(&words)).unwrap();
            assert!(run(&program, &[]).is_ok());
        }
        if size > 1 {
            // Across the border: the first byte in the hole is not the access's first.
            let (address, hole, _) = trap(&access(LAST_START - 1));
            assert_eq!((address, hole), (LAST_START, Hole::Last));
            let (address, hole, _) = trap(&access(0xffff));
            assert_eq!((address, hole), (0xffff, Hole::First));
        }
    }
    // A half word in the middle of a word is off its alignment: it accesses the next word too.
    let middle = [li(5, LAST_START - 4).as_slice(), &[lhu(6, 5, 1)], &exit(0)].concat();
    assert_eq!(trap(&middle).0, LAST_START);
    // From the last word of memory to the first.
    let across = [li(5, 0xffff_fffe).as_slice(), &[lw(6, 5, 0)], &exit(0)].concat();
    let only_first = Builder::new(TEXT).text(TEXT, &across);
    let program = Program::from_elf(&only_first.data(0xffff_0000, &[], 8).build()).unwrap();
    let Err((kind, at)) = run(&program, &[]) else {
        panic!("no trap")
    };
    let kind_of = |address| TrapKind::Hole {
        address,
        hole: Hole::First,
        mistake: Mistake::NullPointer,
    };
    assert_eq!((kind, at.pc), (kind_of(0), TEXT + 8));
}

#[test]
fn system_calls_trap_where_they_touch_a_hole() {
    let program = |number, descriptor, pointer, length| call(number, descriptor, pointer, length);
    for (number, descriptor) in [(63, 0), (64, 3)] {
        let moves = |pointer, length| program(number, descriptor, pointer, length);
        for (pointer, length, address) in [
            (0, 1, 0),
            (0xfffe, 4, 0xfffe),
            (LAST_START - 2, 3, LAST_START),
            (LAST_START + 5, 2, LAST_START + 5),
            (0xffff_ffff, 1, 0xffff_ffff),
        ] {
            let (first, _, _) = trap(&moves(pointer, length));
            assert_eq!(first, address, "{number} {pointer:#x} {length}");
        }
        // Up to the border, and nothing at all.
        for (pointer, length) in [
            (LAST_START - 4, 4),
            (0x1_0000, 4),
            (0, 0),
            (0xfff, 0),
            (u32::MAX, 0),
        ] {
            let words = [moves(pointer, length), exit(0)].concat();
            assert!(run(&load(&words), b"input").is_ok());
        }
    }
    // `read` does not touch bytes that it may move and does not; debug text touches no memory.
    let short = [program(63, 0, LAST_START - 4, 100), exit(0)].concat();
    assert!(run(&load(&short), b"four").is_ok());
    assert_eq!(trap(&short).0, LAST_START);
    let debug = [program(64, 1, 0, 100), program(64, 2, LAST_START, 100)].concat();
    assert!(run(&load(&[debug, exit(0)].concat()), b"").is_ok());
}

/// A function that calls itself for ever, with frames of so many bytes, which it writes to at the
/// bottom.
fn recursion(top: u32, frame: u32) -> Vec<u32> {
    let mut words = li(SP, top).to_vec();
    words.extend(li(5, frame));
    words.extend([sub(SP, SP, 5), sw(1, SP, 4), jal(1, -8)]);
    words
}

#[test]
fn deep_recursion_is_a_stack_overflow() {
    // 64 KiB of stack above the first hole.
    let top = 0x10_0000;
    for (frame, cycles) in [(16, 200_000), (1024, 4_000), (0xf_000, 100), (0xf_8000, 10)] {
        let program = load(&recursion(top, frame));
        let options = Options {
            max_cycles: Some(cycles),
            ..Options::default()
        };
        let error = execute(&program, &[], &options, &mut Discard).unwrap_err();
        let ExecuteError::Trap { kind, at } = &error else {
            panic!("{error}")
        };
        let TrapKind::Hole {
            address,
            hole: Hole::First,
            mistake: Mistake::StackOverflow { sp },
        } = *kind
        else {
            panic!("{error}")
        };
        assert_eq!(address, sp + 4);
        assert!(sp < 0x1_0000 && sp.is_multiple_of(8));
        assert_eq!(at.pc, TEXT + 20);
    }
    // Frames that step over the first hole.
    let far = 512 << 20;
    for frame in [0x20_0000, far, 1 << 30] {
        let (address, hole, mistake) = trap(&recursion(top, frame));
        let sp = top.wrapping_sub(frame);
        assert_eq!((address, hole), (sp + 4, Hole::Last));
        assert_eq!(mistake, Mistake::StackOverflow { sp });
    }
}

#[test]
fn the_error_names_the_mistake() {
    let sets = li(SP, 0x2_0000).to_vec();
    let mistake = |words: Vec<u32>| trap(&words).2;
    let overflow = |sp| Mistake::StackOverflow { sp };
    let not_set = |sp| Mistake::StackPointerNotSet { sp };

    // Through another register, while sp lies in a hole.
    let buried = [
        sets.clone(),
        li(SP, 0xff00).to_vec(),
        li(5, 0x8000).to_vec(),
    ]
    .concat();
    assert_eq!(
        mistake([buried, vec![sw(0, 5, 0)]].concat()),
        overflow(0xff00)
    );
    // Through sp, which lies right above.
    let below = [li(SP, 0x1_0000).to_vec(), vec![sw(0, SP, -4)]].concat();
    assert_eq!(mistake(below), overflow(0x1_0000));
    // sp is fine.
    for words in [
        vec![lw(5, 0, 16)],
        vec![li(5, 4).to_vec(), vec![sb(5, 5, 0)]].concat(),
    ] {
        assert_eq!(
            mistake([sets.clone(), words].concat()),
            Mistake::NullPointer
        );
    }
    let below_zero = [sets.clone(), vec![lw(5, 0, -4)]].concat();
    assert_eq!(mistake(below_zero), Mistake::StrayPointer);
    // A system call's buffer is no access through sp.
    assert_eq!(
        mistake([sets.clone(), call(64, 3, 0, 4)].concat()),
        Mistake::NullPointer
    );

    // Nobody sets sp: it is zero, or what functions take from it.
    let minus_16 = 0_u32.wrapping_sub(16);
    assert_eq!(mistake(vec![sw(1, SP, -4)]), not_set(0));
    assert_eq!(
        mistake(vec![addi(SP, SP, -16), sw(1, SP, 12)]),
        not_set(minus_16)
    );
    // A frame pointer made from it, and sp restored from that.
    assert_eq!(
        mistake(vec![
            addi(SP, SP, -16),
            addi(8, SP, 16),
            sw(1, 8, -4),
            addi(SP, 8, -16)
        ]),
        not_set(minus_16)
    );
    // A program without a stack.
    assert_eq!(mistake(vec![lw(5, 0, 8)]), Mistake::NullPointer);
    assert_eq!(mistake(vec![lw(5, 0, -8)]), Mistake::StrayPointer);
}

#[test]
fn the_error_says_what_where_and_what_to_do() {
    let text = |words: &[u32]| {
        let file = Builder::new(TEXT).text(TEXT, words);
        let program = Program::from_elf(&file.symbol("parse", TEXT, 0x100).build()).unwrap();
        let error = execute(&program, &[], &options(), &mut Discard);
        error.unwrap_err().to_string()
    };
    assert_eq!(
        text(
            &[
                li(SP, 0x1_0008).as_slice(),
                &[addi(SP, SP, -32), sw(1, SP, 4)]
            ]
            .concat()
        ),
        "trap at pc 0x0001000c (parse+0xc): stack overflow: access to 0x0000ffec, in \
         [0x00000000, 0x00010000), where the file has no segment; sp is 0x0000ffe8: recurse less \
         deeply, keep large arrays off the stack, or give it more room in the linker script"
    );
    let wrapped = text(
        &[li(SP, 0x1_0000), li(5, 0xffee_0000)]
            .concat()
            .into_iter()
            .chain([add(SP, SP, 5), sw(1, SP, 0)])
            .collect::<Vec<_>>(),
    );
    assert!(
        wrapped
            .contains("stack overflow: access to 0xffef0000, in [0xc0000000, 0x100000000), where")
            && wrapped.contains("sp is 0xffef0000, below zero, unless it was never set:"),
        "{wrapped}"
    );
    let never = text(&[addi(SP, SP, -16), sw(1, SP, 12)]);
    assert!(
        never.contains("(parse+0x4): the stack pointer was never set: access to 0xfffffffc, in")
            && never.contains("set sp at the entry point"),
        "{never}"
    );
    assert_eq!(
        text(&[lw(5, 0, 4)]),
        "trap at pc 0x00010000 (parse): null pointer: access to 0x00000004, in [0x00000000, \
         0x00010000), where the file has no segment: look for a pointer that is null, or was never \
         set, at this place in the program"
    );
    let stray = text(&[lw(5, 0, -4)]);
    assert!(
        stray.contains("stray pointer: access to 0xfffffffc"),
        "{stray}"
    );
}

/// Whoever makes a shard up cannot list a word in a hole, or access one that is not listed.
#[test]
fn a_replay_has_no_memory_in_a_hole() {
    let words = [li(5, 4).as_slice(), &[lw(6, 5, 0)], &exit(0)].concat();
    let (with_hole, without) = (
        load(&words),
        Program::from_elf(&elf_without_holes(&words)).unwrap(),
    );
    let mut sharder = Sharder::new(&without, &[], &options(), cut(1000)).unwrap();
    let shard = sharder.next(&mut Discard).unwrap().unwrap();
    let input = shard.replay_input();
    assert!(replay(&without, &input, 1 << 20).is_ok());
    assert_eq!(
        replay(&with_hole, &input, 1 << 20).unwrap_err(),
        ReplayError::WordInHole {
            address: 1,
            hole: Hole::First
        }
    );
    for address in [0x3fff, 0x3000_0000, 0x3fff_ffff] {
        let listed = [BoundaryWord {
            address,
            ..BoundaryWord::default()
        }];
        let input = ReplayInput {
            words: &listed,
            ..input
        };
        let error = replay(&with_hole, &input, 1 << 20).unwrap_err();
        assert!(matches!(error, ReplayError::WordInHole { address: a, .. } if a == address));
    }
    let input = ReplayInput {
        words: &[],
        ..input
    };
    let error = replay(&with_hole, &input, 1 << 20).unwrap_err();
    assert!(matches!(
        error,
        ReplayError::Trap {
            kind: TrapKind::Hole { address: 4, hole: Hole::First, .. },
            at
        } if at.pc == TEXT + 8
    ));
}
