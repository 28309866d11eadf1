use zonda::*;
use zonda_riscv_emu::testing;
#[test]
fn quick() {
    let mut words = vec![];
    words.extend(testing::li(5, 0x1234_5678));
    words.push(testing::assemble(zonda_riscv_emu::instruction::Opcode::Add, 6, 5, 5, 0));
    words.push(testing::assemble(zonda_riscv_emu::instruction::Opcode::Mul, 6, 5, 5, 0));
    words.extend(testing::exit(7));
    let program = Program::from_elf(&testing::elf(&words)).unwrap();
    let prover = Prover::default();
    let checked = prover.check(&program, &[]).unwrap();
    assert_eq!(checked.failures, [""; 0]);
    let proved = prover.prove(&program, &[]).unwrap();
    println!("{:#?}", proved.report);
    let key = prover.verifying_key(&program);
    println!("{:#?}", security::security(&key, &proved.proof.shape()));
    let t = std::time::Instant::now();
    verify(&key, &Statement { exit_code: 7, output: vec![] }, &proved.proof).unwrap();
    println!("{:?}", t.elapsed());
    println!("{:?}", verify(&key, &Statement { exit_code: 8, output: vec![] }, &proved.proof));
    println!("{:?}", verify(&key, &Statement { exit_code: 7, output: vec![1] }, &proved.proof));
}
