//! The proof system's parts and parameters: circle STARK over Mersenne31, BLAKE3.

use p3_blake3::Blake3;
use p3_challenger::{HashChallenger, SerializingChallenger32};
use p3_circle::CirclePcs;
use p3_commit::ExtensionMmcs;
use p3_fri::FriParameters;
use p3_merkle_tree::MerkleTreeMmcs;
use p3_mersenne_31::QM31;
use p3_symmetric::{CompressionFunctionFromHasher, SerializingHasher};
use p3_uni_stark::StarkConfig;
use zonda_circuits::F;

type FieldHash = SerializingHasher<Blake3>;
type Compress = CompressionFunctionFromHasher<Blake3, 2, 32>;
type Tree = MerkleTreeMmcs<F, u8, FieldHash, Compress, 2, 32>;
type ChallengeTree = ExtensionMmcs<F, QM31, Tree>;
type Challenger = SerializingChallenger32<F, HashChallenger<u8, Blake3, 32>>;
type Commitments = CirclePcs<F, Tree, ChallengeTree>;
/// The engine's configuration.
pub type Config = StarkConfig<Commitments, QM31, Challenger>;

/// The parameters that decide a proof's security and its cost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Parameters {
    /// Number of positions at which the low-degree test looks.
    pub queries: usize,
    /// Proof of work, in bits, before the challenges of the lookup argument, the out-of-domain
    /// point, and the challenge that batches all openings: each.
    pub work_bits: usize,
    /// Proof of work, in bits, before each folding challenge.
    pub fold_work_bits: usize,
    /// Proof of work, in bits, before the query positions.
    pub query_work_bits: usize,
}

/// Enough to refuse what is wrong somewhere, and quick: for tests.
pub const QUICK: Parameters = Parameters {
    queries: 20,
    work_bits: 0,
    fold_work_bits: 0,
    query_work_bits: 0,
};

/// As many queries as zonda's preset `standard` and no more work than it, for 100 provable bits as
/// well: for benchmarks.
pub const STANDARD: Parameters = Parameters {
    queries: 194,
    work_bits: 16,
    fold_work_bits: 8,
    query_work_bits: 20,
};

/// Tables are extended by a factor of two, which their constraints' degree, three, calls for.
pub(crate) const LOG_BLOWUP: usize = 1;

/// Height of the Merkle caps: `2^3` nodes.
const CAP_HEIGHT: usize = 3;

/// The engine for `parameters`, its transcript begun with `seed`.
pub fn config(parameters: &Parameters, seed: Vec<u8>) -> Config {
    let tree = Tree::new(FieldHash::new(Blake3), Compress::new(Blake3), CAP_HEIGHT);
    let fri = FriParameters {
        log_blowup: LOG_BLOWUP,
        log_final_poly_len: 0,
        max_log_arity: 1,
        num_queries: parameters.queries,
        batch_proof_of_work_bits: parameters.work_bits,
        commit_proof_of_work_bits: parameters.fold_work_bits,
        query_proof_of_work_bits: parameters.query_work_bits,
        mmcs: ChallengeTree::new(tree.clone()),
    };
    Config::new(
        Commitments::new(tree, fri),
        Challenger::from_hasher(seed, Blake3),
    )
    .with_lookup_proof_of_work_bits(parameters.work_bits)
    .with_ood_proof_of_work_bits(parameters.work_bits)
}
