// What R calls when it loads the library: registers the Rust functions with R, and silences Rust's own
// report of a panic, which reaches the user as an R condition instead. And what Rust asks of R where R may
// answer with a jump, of an error or of Ctrl-C: it must not cross Rust's frames, which would leave behind what
// they hold.

#include <setjmp.h>
#include <string.h>
#include <Rinternals.h>
// For R_interrupts_suspended and R_interrupts_pending.
#include <R_ext/GraphicsEngine.h>
#include <R_ext/Utils.h>

void R_init_backprop_extendr(void *dll);
void register_extendr_panic_hook(void);
void backprop_begin(void);

void R_init_backprop(void *dll) {
  R_init_backprop_extendr(dll);
  register_extendr_panic_hook();
  backprop_begin();
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

// R looks for Ctrl-C wherever it collects garbage, and jumps. While Rust has the word it must not; what was set
// before is returned.
int backprop_suspend_interrupts(int suspended) {
  int before = R_interrupts_suspended;
  R_interrupts_suspended = suspended;
  return before;
}

static void check(void *data) { R_CheckUserInterrupt(); }

// Whether the user pressed Ctrl-C since this was last asked. R forgets it: the caller must raise it again.
int backprop_interrupted(void) {
  // Lets front ends look for the user; with interrupts suspended it only makes a note.
  R_ToplevelExec(check, NULL);
  int pending = R_interrupts_pending;
  R_interrupts_pending = 0;
  return pending;
}

// What an R function says with TRUE (1) or FALSE (0). Interrupts are allowed in it, and one that nothing in R
// catches, or any other answer, is -1.
int backprop_ask(SEXP function, SEXP arguments) {
  int failed = 0;
  SEXP call = PROTECT(Rf_lcons(function, arguments));
  int before = backprop_suspend_interrupts(0);
  SEXP answer = R_tryEval(call, R_GlobalEnv, &failed);
  backprop_suspend_interrupts(before);
  UNPROTECT(1);
  if (failed || TYPEOF(answer) != LGLSXP || XLENGTH(answer) != 1) return -1;
  int said = LOGICAL(answer)[0];
  return said == NA_LOGICAL ? -1 : said;
}

// What an R function answers, or NULL where it has no answer. Interrupts are allowed in it; one that nothing in R catches is none.
SEXP backprop_answer(SEXP function, SEXP arguments) {
  int failed = 0;
  SEXP call = PROTECT(Rf_lcons(function, arguments));
  int before = backprop_suspend_interrupts(0);
  SEXP answer = R_tryEval(call, R_GlobalEnv, &failed);
  backprop_suspend_interrupts(before);
  UNPROTECT(1);
  return failed ? NULL : answer;
}

// The function of the package through which functions of the user's are called; NULL where it cannot be had.
SEXP backprop_guard(void) {
  int failed = 0;
  SEXP call = PROTECT(Rf_lang3(Rf_install(":::"), Rf_install("backprop"), Rf_install("call_custom")));
  SEXP guard = R_tryEval(call, R_BaseEnv, &failed);
  UNPROTECT(1);
  return failed ? NULL : guard;
}

// Writes the numbers that an R function answers (1). FALSE says that it has none (0). Interrupts are allowed in it, and
// one that nothing in R catches, or any other answer, is -1.
int backprop_numbers(SEXP function, SEXP arguments, double *out, R_xlen_t length) {
  int failed = 0;
  SEXP call = PROTECT(Rf_lcons(function, arguments));
  int before = backprop_suspend_interrupts(0);
  SEXP answer = R_tryEval(call, R_GlobalEnv, &failed);
  backprop_suspend_interrupts(before);
  UNPROTECT(1);
  if (failed) return -1;
  if (TYPEOF(answer) == LGLSXP && XLENGTH(answer) == 1 && LOGICAL(answer)[0] == FALSE) return 0;
  if (TYPEOF(answer) != REALSXP || XLENGTH(answer) != length) return -1;
  memcpy(out, REAL(answer), length * sizeof(double));
  return 1;
}
