//! How the shared library is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Its threads may outlive a `dlclose`; their code has to stay.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
