// What R calls when it loads the library: registers the Rust functions with R, and silences Rust's own
// report of a panic, which reaches the user as an R condition instead. And what Rust asks of R where R may
// answer with an error: a jump of R's must not cross Rust's frames, which would leave what they hold behind.

#include <setjmp.h>
#include <Rinternals.h>

void R_init_backprop_extendr(void *dll);
void register_extendr_panic_hook(void);

void R_init_backprop(void *dll) {
  R_init_backprop_extendr(dll);
  register_extendr_panic_hook();
}

struct request {
  SEXPTYPE type;
  R_xlen_t length;
  jmp_buf refused;
};

static SEXP allocate(void *data) {
  struct request *request = data;
  return Rf_allocVector(request->type, request->length);
}

static void give_up(void *data, Rboolean jumps) {
  struct request *request = data;
  if (jumps) longjmp(request->refused, 1);
}

// A vector, or NULL where R has no memory for it.
SEXP backprop_vector(unsigned int type, R_xlen_t length) {
  struct request request = {type, length};
  SEXP token = PROTECT(R_MakeUnwindCont());
  SEXP vector = NULL;
  if (setjmp(request.refused) == 0) {
    vector = R_UnwindProtect(allocate, &request, give_up, &request, token);
  }
  UNPROTECT(1);
  return vector;
}
