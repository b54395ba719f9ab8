// Fuzzes the ONNX reader: any bytes are read as a network, or refused in words.
// A libFuzzer target; tests/fuzz/CMakeLists.txt says how it is built and run.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <google/protobuf/stubs/logging.h>

#include "frontend/import/onnx.h"

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  // One line for every broken input is a gigabyte an hour.
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace crossweave;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  // Models whose inputs are open take the other path.
  for (const std::optional<Shape>& shape : {std::optional<Shape>{}, std::optional{Shape{32, 24, 3}}}) {
    const Result<NetworkImport> import = import_onnx_bytes(bytes, "fuzz.onnx", "fuzz", shape);
    if (!import && !has_errors(import.error())) {
      std::abort();
    }
    if (import) {
      for (const Operation& operation : import->graph.operations()) {
        if (operation.output.elements() < 1) {
          std::abort();
        }
      }
    }
  }
  return 0;
}
