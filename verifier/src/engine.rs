//! The proof system's parts and parameters: circle STARK over Mersenne31, BLAKE3.

use alloc::vec::Vec;

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

/// The challenge field: degree 4 over Mersenne31.
pub type Challenge = QM31;
type FieldHash = SerializingHasher<Blake3>;
type Compress = CompressionFunctionFromHasher<Blake3, 2, 32>;
type Tree = MerkleTreeMmcs<F, u8, FieldHash, Compress, 2, 32>;
type ChallengeTree = ExtensionMmcs<F, Challenge, Tree>;
type Challenger = SerializingChallenger32<F, HashChallenger<u8, Blake3, 32>>;
/// The polynomial commitment scheme.
type Commitments = CirclePcs<F, Tree, ChallengeTree>;
/// The engine's configuration.
pub type Config = StarkConfig<Commitments, Challenge, Challenger>;

/// What decides how sure a proof is, and what it costs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Parameters {
    /// Base-two logarithm of the factor by which tables are extended.
    pub log_blowup: usize,
    /// Number of positions at which the low-degree test looks.
    pub queries: usize,
    /// Proof of work, in bits, before the challenges of the lookup argument.
    pub lookup_work_bits: usize,
    /// Proof of work, in bits, before the out-of-domain point.
    pub out_of_domain_work_bits: usize,
    /// Proof of work, in bits, before the challenge that batches all openings.
    pub batch_work_bits: usize,
    /// Proof of work, in bits, before each folding challenge.
    pub fold_work_bits: usize,
    /// Proof of work, in bits, before the query positions.
    pub query_work_bits: usize,
}

/// The parameters of the `standard` preset.
pub const STANDARD: Parameters = Parameters {
    log_blowup: 1,
    queries: 196,
    lookup_work_bits: 16,
    out_of_domain_work_bits: 16,
    batch_work_bits: 16,
    fold_work_bits: 8,
    query_work_bits: 20,
};

/// Height of the Merkle caps: `2^3` nodes.
const CAP_HEIGHT: usize = 3;

/// The engine for `parameters`, its transcript begun with `seed`.
pub fn config(parameters: &Parameters, seed: Vec<u8>) -> Config {
    let tree = Tree::new(FieldHash::new(Blake3), Compress::new(Blake3), CAP_HEIGHT);
    let fri = FriParameters {
        log_blowup: parameters.log_blowup,
        log_final_poly_len: 0,
        max_log_arity: 1,
        num_queries: parameters.queries,
        batch_proof_of_work_bits: parameters.batch_work_bits,
        commit_proof_of_work_bits: parameters.fold_work_bits,
        query_proof_of_work_bits: parameters.query_work_bits,
        mmcs: ChallengeTree::new(tree.clone()),
    };
    Config::new(
        Commitments::new(tree, fri),
        Challenger::from_hasher(seed, Blake3),
    )
    .with_lookup_proof_of_work_bits(parameters.lookup_work_bits)
    .with_ood_proof_of_work_bits(parameters.out_of_domain_work_bits)
}
