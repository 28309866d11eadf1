//! Builds the guest, for `zonda::include_elf!`.

fn main() {
    zonda_build::build("../guest");
}
