// What R calls when it loads the library: registers the Rust functions with R, and
// silences Rust's own report of a panic, which reaches the user as an R condition instead.

void R_init_backprop_extendr(void *dll);
void register_extendr_panic_hook(void);

void R_init_backprop(void *dll) {
  R_init_backprop_extendr(dll);
  register_extendr_panic_hook();
}
