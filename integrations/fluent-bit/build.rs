//! Fluent Bit takes a plugin's type and name from the name of its file, which Cargo cannot give.

use std::path::Path;

fn main() {
    // Threads and destructors of this library may outlive a reload of the host's configuration, which closes it.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var_os("OUT_DIR").expect("Cargo says where");
    // target/PROFILE/build/NAME/out
    let Some(profile) = Path::new(&out).ancestors().nth(3) else { return };
    let link = profile.join("flb-filter_keepmum.so");
    let _ = std::fs::remove_file(&link);
    #[cfg(unix)]
    if let Err(error) = std::os::unix::fs::symlink("libkeepmum_fluent_bit.so", &link) {
        println!("cargo::warning=no link called flb-filter_keepmum.so: {error}");
    }
}
