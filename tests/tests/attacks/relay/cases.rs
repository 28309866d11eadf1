//! Attacks on which shards and parts there are, and in which order.

use zonda_circuits::{
    machine::{Execution, Table, matrix},
    system,
};
use zonda_prover::Work;
use zonda_riscv_emu::{instruction::Opcode, record::Family, shard::End};
use zonda_verifier::{
    ExecutionLinks, Heights, QM31,
    fractions::{Fraction, SENT_NODES},
};

use super::*;
use crate::{statement::change_body, told::Told, victims::relay};

/// A register that no shard accesses.
pub const UNUSED: (u32, u32) = (0, 1);

/// Ends a run after some shards, and lets the header state that it exits there.
fn cut(shards: usize) -> Forged {
    super::shards(|s| {
        s.shards.truncate(shards);
        s.shards[shards - 1].0.end = End::Exit { code: 0 };
    })
}

fn execution<'a>(run: &'a mut Run<'static>, part: usize) -> &'a mut ExecutionLinks {
    let links = &mut run.parts[part].links;
    links.execution.as_mut().expect("the part executes")
}

/// Lets a part claim that its messages between parts add up to so much more.
fn claim(proof: &mut Proof, part: usize, delta: QM31) {
    change_body(proof, part, |body| {
        let node = body.tree.nodes.last_mut().expect("a node of a global bus");
        node.numerator += delta * node.denominator;
    });
}

/// Lets a shard state other bytes of the output.
fn restate(run: &mut Run<'static>, part: usize, output: std::ops::Range<u32>) {
    execution(run, part).output = output;
    let stated = run.parts[part].links.part(part, &run.statement);
    let stated: Execution = stated.execution.expect("the part executes");
    *run.trace(part, Table::Statement) = matrix(system::statement::all(&stated).unwrap());
}

/// Moves the bytes of output of round 2 to round 1, by the header's links.
fn move_output(proof: &mut Proof) {
    for (part, output) in [(R1, 0..8), (R2, 8..8)] {
        let links = &mut proof.header.parts[part].links;
        links.execution.as_mut().expect("the part executes").output = output;
    }
}

/// The honest run's parts, each proved as its prover is told.
fn told(tell: impl Fn(usize, &mut Told)) -> Forged {
    Forged::Changed(run(&HONEST).prove_told(tell))
}

/// Lets a part claim 0 / 0 as the sum of its messages between parts.
fn claim_nothing(proof: &mut Proof, part: usize) {
    change_body(proof, part, |body| {
        let (_, global) = body.tree.nodes.split_at_mut(SENT_NODES / 2);
        global.fill(Fraction::default());
    });
}

/// A run that exits in its second round, and goes on with the third one.
fn past_exit(s: &mut Sharded) {
    let short = sharded(&[5, 0]);
    s.shards.splice(..=R2, short.shards);
    s.renumber().go_on(R3);
}

#[rustfmt::skip] // One row of the printed table each.
pub fn cases() -> Vec<Case> {
    vec![
        case("A02", "another sum of what a part says between parts", "a claim of round 1", || proof(|p| claim(p, R1, QM31::ONE)), "part 1: Tree.Children", &[]),
        case("A02", "other sums of what parts say between parts, which balance", "a claim of round 1 and one of round 2", || proof(|p| {
            claim(p, R1, QM31::ONE);
            claim(p, R2, -QM31::ONE);
        }), "part 1: Tree.Children", &[]),
        case("A23", "0 / 0 as what a part says between parts", "global nodes of round 2", || proof(|p| claim_nothing(p, R2)), "part 2: Tree.Denominator", &[]),
        case("A23", "0 / 0 to make up for what does not balance", "x1 left out of the boundary in round 2; global nodes of the last part", || {
            let mut unbalanced = run(&HONEST);
            unbalanced.release(R2, UNUSED).recount();
            let mut proof = unbalanced.prove();
            claim_nothing(&mut proof, ZEROED);
            Forged::Changed(proof)
        }, "part 6: Tree.Denominator", &[]),
        case("A44", "a part proved at the place of another", "the transcript of round 1 says that it is the part of round 2", || told(|part, told| {
            if part == R1 {
                told.position = R2 as u32;
            }
        }), "part 1: Tree.Children", &[]),
        case("A44", "a part proved as if it were at its place", "the tables of rounds 1 and 2 exchanged, and those of round 2 proved at round 1's place", || tables(|run| {
            let (first, second) = run.parts.split_at_mut(R2);
            std::mem::swap(&mut first[R1].tables, &mut second[0].tables);
        }), "part 1: Tree.Unbalanced", &["bus boundary", "bus range16", "statement: byte", "statement: index"]),
        case("A44", "the tables of a shard, proved for another position", "the statement of round 2 says that it is round 3", || told(|part, told| {
            if part == R2 {
                told.stated.execution.as_mut().unwrap().position += 1;
            }
        }), "part 2: Tree.Unbalanced", &[]),
        case("A44", "two shards exchanged", "rounds 1 and 2, executed as in the run; owners as the order has them", || shards(|s| {
            s.shards.swap(R1, R2);
            s.renumber().go_on(R1);
        }), "GlobalBalance", &["bus boundary"]),
        case("A44", "two shards exchanged, with their owners", "rounds 1 and 2; the words' owners stay", || shards(|s| {
            s.shards.swap(R1, R2);
            s.shards[R1].0.position = R1 as u32 + 1;
            s.shards[R2].0.position = R2 as u32 + 1;
            s.go_on(R1);
        }), "part 1: Tree.Unbalanced", &["bus boundary", "bus range16"]),
        case("A44", "two shards exchanged, with their bytes of output", "rounds 1 and 2; the output is in their new order", || shards(|s| {
            s.shards.swap(R1, R2);
            s.renumber();
        }), "Links.Output", &["bus boundary", "statement: byte"]),
        case("A44", "two parts exchanged in the proof", "bytes of rounds 1 and 2", || proof(|p| p.parts.swap(R1, R2)), "part 1: Tree.Children", &[]),
        case("A44", "two parts exchanged in proof and header", "bytes and headers of rounds 1 and 2", || proof(|p| {
            p.parts.swap(R1, R2);
            p.header.parts.swap(R1, R2);
        }), "Links.Output", &[]),
        case("A44", "two parts exchanged, with the places of their output", "bytes and headers of rounds 1 and 2, but for the bytes of output", || proof(|p| {
            p.parts.swap(R1, R2);
            p.header.parts.swap(R1, R2);
            for (part, output) in [(R1, 0..4), (R2, 4..8)] {
                p.header.parts[part].links.execution.as_mut().unwrap().output = output;
            }
        }), "part 0: Tree.Children", &[]),
        case("A44", "a shard left out", "round 2; the pcs of the others fit", || shards(|s| {
            s.shards.remove(R2);
            s.renumber().go_on(R2);
        }), "GlobalBalance", &["bus boundary"]),
        case("A44", "the first shard left out", "the run starts with round 1", || shards(|s| {
            s.shards.remove(0);
            s.renumber().go_on(0);
        }), "Links.Entry", &["bus boundary"]),
        case("A44", "a part left out of the proof", "bytes of round 2", || proof(|p| drop(p.parts.remove(R2))), "part 2: Tree.Children", &[]),
        case("A44", "a part left out at the end of the proof", "bytes of the last part", || proof(|p| p.parts.truncate(ZEROED)), "Missing", &[]),
        case("A44", "a shard there twice", "round 2, executed twice as it was", || shards(|s| {
            let again = s.shards[R2].clone();
            s.shards.insert(R3, again);
            s.renumber().go_on(R2);
        }), "GlobalBalance", &["bus boundary"]),
        case("A44", "a part there twice in the proof", "bytes of round 2 in the place of round 3's", || proof(|p| p.parts[R3] = p.parts[R2].clone()), "part 3: Tree.Children", &[]),
        case("A44", "a part more than the header says", "bytes of the last part once more", || proof(|p| p.parts.push(p.parts[ZEROED].clone())), "Surplus", &[]),
        case("A44", "a shard of a run on another input", "round 2 of a run that reads other words", || shards(|s| {
            s.shards[R2] = sharded(&[9, 9, 9]).shards.remove(R2);
        }), "GlobalBalance", &["bus boundary"]),
        case("A44", "the rest of a run on another input", "round 2 and all after it", || shards(|s| {
            let other = sharded(&[9, 9, 9]);
            s.shards.splice(R2.., other.shards.into_iter().skip(R2));
        }), "GlobalBalance", &["bus boundary"]),
        case("A44", "a part of another run's proof", "bytes of round 1, of which the header says the same", || {
            let other = run(&sharded(&[5, 7, 8])).prove();
            proof(|p| {
                assert_eq!(p.header.parts[R1], other.header.parts[R1]);
                p.parts[R1] = other.parts[R1].clone();
            })
        }, "part 1: Tree.Children", &[]),
        case("A44", "a shard of another program", "round 2 subtracts: its instruction is in the shard's table of instructions", || {
            let twin = relay(Opcode::Sub);
            let mut mine = HONEST.clone();
            let mut other = Sharded { program: twin.program.clone(), image: twin.image.clone(), ..mine.clone() };
            other.execute(R2);
            mine.shards[R2] = other.shards[R2].clone();
            mine.follow(R3);
            let mut forged = run_with(&mine, &other, R2);
            forged.recount();
            Forged::Tables(forged)
        }, "GlobalBalance", &["bus instruction"]),
        case("A38", "an instruction not of the program, in the table of a shard", "a row more, with another constant, that no instruction looks up", || tables(|run| {
            let row = run.trace(R2, Table::Instructions).values.len() / Table::Instructions.trace_width() - 1;
            run.add(R2, Table::Instructions, row, &[("constants[0]", 77), ("multiplicity", 0)]);
        }), "GlobalBalance", &["bus instruction"]),
        case("A38", "an instruction that a shard's table does not have", "the row of ADD holds another instruction", || tables(|run| {
            let add = RELAY.mark("round") + 4 * 16;
            let row = run.find(R2, Table::Instructions, [("pc", add)]);
            let width = Table::Instructions.trace_width();
            run.trace(R2, Table::Instructions).values.copy_within(0..width, row * width);
        }), "part 2: Tree.Unbalanced", &["bus program"]),
        case("A20", "the program counts an instruction once less", "multiplicity of a row", || {
            let mut forged = run(&HONEST);
            *forged.cell(PROGRAM, Table::Program, 40, "multiplicity") -= F::ONE;
            Forged::Tables(forged)
        }, "GlobalBalance", &["bus instruction"]),
        case("A44", "the header says one shard less", "shards of an honest proof", || proof(|p| p.header.shards -= 1), "Links.Execution", &[]),
        case("A44", "the header says one shard more", "shards of an honest proof", || proof(|p| p.header.shards += 1), "Links.Execution", &[]),
        case("A44", "the header says no shards", "shards of an honest proof", || proof(|p| p.header.shards = 0), "Header.Shards", &[]),
        case("A44", "the header says more shards than parts", "shards of an honest proof", || proof(|p| p.header.shards = 8), "Header.Parts", &[]),
        case("A44", "one shard less, proved", "shards, and all that is proved of them", || tables(|run| run.shards -= 1), "Links.Execution", &[]),
        case("A44", "the last shard among the parts that close the run", "order of the parts", || {
            let mut works = HONEST.works();
            works[LAST..].rotate_left(1);
            Forged::Tables(Run { shards: 5, ..run_of(&HONEST, &works) })
        }, "Links.Execution", &["bus boundary"]),
        case("A45", "a run cut after its first shard", "the others left out; it is said to exit with 0", || cut(1), "part 0: Tree.Unbalanced", &["bus exit", "bus state"]),
        case("A45", "a run cut after its second shard", "the others left out; it is said to exit with 0", || cut(2), "part 1: Tree.Unbalanced", &["bus exit", "bus state"]),
        case("A45", "a run cut after its third shard", "the others left out; it is said to exit with 0", || cut(3), "part 2: Tree.Unbalanced", &["bus exit", "bus state"]),
        case("A45", "a run cut before its last shard", "the last left out; it is said to exit with 0", || cut(4), "part 3: Tree.Unbalanced", &["bus exit", "bus state"]),
        case("A45", "a run cut before its last shard, as it is", "the last left out", || shards(|s| s.shards.truncate(LAST)), "Links.NoExit", &[]),
        case("A45", "the header of a shard says that the run exits", "end of round 3 in an honest proof", || proof(|p| {
            p.header.parts[R3].links.execution.as_mut().unwrap().end = None;
        }), "Links.Exit", &[]),
        case("A45", "a run goes on after its exit", "a run that exits in round 2, then round 3", || shards(past_exit), "Links.Exit", &["bus boundary"]),
        case("A45", "a run goes on after its exit, which is said to be none", "the same; the header lets round 2 end where round 3 starts", || shards(|s| {
            past_exit(s);
            s.shards[R2].0.end = End::Next { pc: RELAY.mark("round") };
        }), "part 2: Tree.Unbalanced", &["bus boundary", "bus exit", "bus state"]),
        case("A45", "another exit code", "statement", || tables(|run| run.statement.exit_code = 8), "part 4: Tree.Unbalanced", &["bus exit"]),
        case("A44", "a pc between shards", "where round 3 starts, in the header", || tables(|run| execution(run, R3).pc_start += 4), "Links.Start", &["bus state"]),
        case("A44", "a pc between shards, in both", "where round 2 ends and round 3 starts", || tables(|run| {
            execution(run, R2).end.as_mut().unwrap().pc += 4;
            execution(run, R3).pc_start += 4;
        }), "part 2: Tree.Unbalanced", &["bus state"]),
        case("A44", "an instruction between shards left out", "the last shard starts with its second instruction, and so exits with another code; the header says that round 3 ends there", || shards(|s| {
            let shard = &mut s.shards[LAST].0;
            shard.start.pc += 4;
            shard.instructions[Family::AddImmediate as usize] -= 1;
            let pc = shard.start.pc;
            s.execute(LAST);
            s.shards[R3].0.end = End::Next { pc };
            assert_ne!(s.statement().exit_code, HONEST.statement().exit_code);
        }), "part 3: Tree.Unbalanced", &["bus state"]),
        case("A44", "a run that starts elsewhere", "where the first shard starts", || tables(|run| execution(run, 0).pc_start += 4), "Links.Entry", &["bus state"]),
        case("A38", "a pc that is one modulo p only", "where round 2 ends and round 3 starts: 2^31 - 1 more", || tables(|run| {
            execution(run, R2).end.as_mut().unwrap().pc += (1 << 31) - 1;
            execution(run, R3).pc_start += (1 << 31) - 1;
        }), "Links.Pc", &["bus state"]),
        case("A39", "a shard of one instruction more", "cycles of round 2", || tables(|run| execution(run, R2).end.as_mut().unwrap().cycles += 1), "part 2: Tree.Unbalanced", &["bus state"]),
        case("A39", "a shard of no instructions", "cycles of round 2", || tables(|run| execution(run, R2).end.as_mut().unwrap().cycles = 0), "Links.Cycles", &["bus state"]),
        case("A39", "a clock that passes p", "cycles of round 2: 2^28", || tables(|run| execution(run, R2).end.as_mut().unwrap().cycles = 1 << 28), "Links.Cycles", &["bus state"]),
        case("A46", "bytes of output moved to another shard", "round 1 states round 2's", || tables(|run| {
            restate(run, R1, 0..8);
            restate(run, R2, 8..8);
        }), "part 1: Tree.Unbalanced", &["bus output"]),
        case("A46", "bytes of output moved to another shard, in the header", "output of rounds 1 and 2 in an honest proof", || proof(move_output), "Heights.Fixed", &[]),
        case("A46", "bytes of output moved to another shard, with their rows", "the same, and heights of the statement's tables", || proof(|p| {
            move_output(p);
            for (part, rows) in [(R1, 8), (R2, 1)] {
                let heights = &mut p.header.parts[part].heights;
                *heights = Heights::new(|table| if table == Table::Statement { rows } else { heights.of(table) });
            }
        }), "part 0: Tree.Children", &[]),
        case("A46", "bytes of output that two shards state", "output of round 2 begins where round 1's does", || tables(|run| restate(run, R2, 0..8)), "Links.Output", &["bus output"]),
        case("A46", "bytes of output that no shard states", "the last of round 3's", || tables(|run| {
            restate(run, R3, 8..11);
            restate(run, LAST, 11..11);
        }), "Links.OutputLength", &["bus output"]),
        case("A46", "a zero byte appended", "output of the last shard, and the statement", || tables(|run| {
            run.statement.output.push(0);
            restate(run, LAST, 12..13);
        }), "part 4: Tree.Unbalanced", &["bus output"]),
        case("A27", "the program left out", "the part that has it", || parts(|works| {
            works[PROGRAM].program = None;
        }), "Links.Program", &["bus instruction"]),
        case("A27", "the program in two parts", "the part that has it, once more", || parts(|works| {
            let again = Work { program: works[PROGRAM].program.clone(), ..Work::default() };
            works.push(again);
        }), "Links.Program", &["bus instruction"]),
        case("A27", "zeroed memory left out", "all parts that open words", || parts(|works| {
            works[PROGRAM].zeroed = None;
            works.truncate(ZEROED);
        }), "Links.NoZeroed", &["bus boundary"]),
    ]
}

/// A run of which another program executes one shard.
fn run_with(mine: &Sharded, other: &Sharded, shard: usize) -> Run<'static> {
    let mut forged = run(mine);
    let (work, records) = &mine.shards[shard];
    let work = Work {
        shard: Some(work.clone()),
        ..Work::default()
    };
    forged.parts[shard].tables = other.fill_part(&work, records);
    forged
}
