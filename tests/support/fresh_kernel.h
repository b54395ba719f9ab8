// A SystemC kernel of its own for each test: SystemC elaborates one design per process, these tests many.
#pragma once

#include "models/systemc.h"

namespace crossweave::test {

/// Declare it before any module in a TEST_CASE or section: modules must be gone before their kernel.
/// Works outside the standard, on the two globals of SystemC 2.3.x that name the current kernel. Contract: one thread,
/// and not nested.
class FreshKernel {
 public:
  FreshKernel() : first_{first_context()}, context_{new sc_core::sc_simcontext} { make_current(context_); }
  ~FreshKernel() {
    make_current(first_);
    delete context_;
  }
  FreshKernel(const FreshKernel&) = delete;
  FreshKernel& operator=(const FreshKernel&) = delete;

 private:
  /// The first kernel of the process is never used and never freed: globals of the library (sc_event::none) live in it.
  static sc_core::sc_simcontext* first_context() {
    static sc_core::sc_simcontext* const first = sc_core::sc_get_curr_simcontext();
    return first;
  }
  static void make_current(sc_core::sc_simcontext* context) {
    sc_core::sc_curr_simcontext = context;
    sc_core::sc_default_global_context = context;
  }

  sc_core::sc_simcontext* first_;
  sc_core::sc_simcontext* context_;
};

}  // namespace crossweave::test
