// main of the test programs that link SystemC, whose library brings a main of its own and asks for sc_main. Ours wins;
// tests elaborate and run kernels themselves (tests/support/fresh_kernel.h), so nothing ever calls sc_main.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

extern "C" int sc_main(int, char**);

int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

int main(int argc, char** argv) { return Catch::Session{}.run(argc, argv); }
