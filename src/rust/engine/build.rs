//! Tells the code whether this compiler knows AVX-512 (stable since Rust 1.89).

fn main() {
    println!("cargo::rustc-check-cfg=cfg(backprop_avx512)");
    println!("cargo::rerun-if-changed=build.rs");
    let version = std::env::var("RUSTC")
        .ok()
        .and_then(|rustc| std::process::Command::new(rustc).arg("--version").output().ok())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    let minor = version
        .split('.')
        .nth(1)
        .and_then(|minor| minor.parse::<u32>().ok())
        .unwrap_or(0);
    if minor >= 89 {
        println!("cargo::rustc-cfg=backprop_avx512");
    }
}
