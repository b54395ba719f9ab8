// Is the structure of a model all that its reader gets to see, however large its weights?
#include "frontend/import/onnx_strip.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <onnx/onnx_pb.h>

#include "frontend/import/network_file.h"
#include "frontend/import/onnx.h"
#include "tests/support/onnx_models.h"
#include "tests/support/temporary_file.h"

namespace crossweave {
namespace {

onnx::TensorProto& add_tensor(onnx::ModelProto& model, const std::string& name, std::int64_t count) {
  onnx::TensorProto* tensor = model.mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(onnx::TensorProto::FLOAT);
  tensor->add_dims(count);
  return *tensor;
}

onnx::ModelProto stripped(const onnx::ModelProto& model) {
  const std::optional<std::string> structure = strip_weights(model.SerializeAsString());
  REQUIRE(structure);
  onnx::ModelProto result;
  REQUIRE(result.ParseFromString(*structure));
  return result;
}

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7U) {
    bytes += static_cast<char>(value | 0x80U);
  }
  return bytes + static_cast<char>(value);
}

/// A file of `layers` convolutions, each with a hole of `weight_bytes` for its weights: no disk holds it in full.
void write_sparse_model(const std::filesystem::path& file, int layers, std::int64_t channels) {
  const auto weight_bytes = static_cast<std::uint64_t>(channels * channels * 9 * 4);
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(13);
  onnx::GraphProto graph;
  onnx::ValueInfoProto* input = graph.add_input();
  input->set_name("x0");
  for (const std::int64_t dim : {std::int64_t{1}, channels, std::int64_t{64}, std::int64_t{64}}) {
    input->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(dim);
  }
  for (int i = 0; i < layers; ++i) {
    onnx::NodeProto* conv = graph.add_node();
    conv->set_op_type("Conv");
    conv->add_input("x" + std::to_string(i));
    conv->add_input("w" + std::to_string(i));
    conv->add_output("x" + std::to_string(i + 1));
  }
  // initializer = 5, raw_data = 9, graph = 7, all of them with a length.
  std::vector<std::string> heads;
  std::uint64_t graph_size = graph.ByteSizeLong();
  for (int i = 0; i < layers; ++i) {
    onnx::TensorProto tensor;
    tensor.set_name("w" + std::to_string(i));
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : {channels, channels, std::int64_t{3}, std::int64_t{3}}) {
      tensor.add_dims(dim);
    }
    const std::string head = tensor.SerializeAsString() + "\x4a" + varint(weight_bytes);
    heads.push_back("\x2a" + varint(head.size() + weight_bytes) + head);
    graph_size += heads.back().size() + weight_bytes;
  }
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  REQUIRE(descriptor >= 0);
  off_t at = 0;
  const auto put = [&](const std::string& bytes) {
    REQUIRE(pwrite(descriptor, bytes.data(), bytes.size(), at) == static_cast<ssize_t>(bytes.size()));
    at += static_cast<off_t>(bytes.size());
  };
  put(model.SerializeAsString() + "\x3a" + varint(graph_size) + graph.SerializeAsString());
  for (const std::string& head : heads) {
    put(head);
    at += static_cast<off_t>(weight_bytes);
  }
  REQUIRE(ftruncate(descriptor, at) == 0);
  close(descriptor);
}

struct Measured {
  int operations{0};
  std::int64_t peak_kib{0};
};

/// Reads a file in a process of its own, whose peak is then that of the reader.
Measured read_in_child(const std::filesystem::path& file) {
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const Result<NetworkImport> import = import_onnx(file, std::nullopt);
    const int operations = import ? static_cast<int>(import->graph.size()) : -1;
    const bool written = write(ends[1], &operations, sizeof operations) == static_cast<ssize_t>(sizeof operations);
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  Measured measured;
  CHECK(read(ends[0], &measured.operations, sizeof measured.operations) ==
        static_cast<ssize_t>(sizeof measured.operations));
  close(ends[0]);
  int status = 0;
  rusage usage{};
  REQUIRE(wait4(child, &status, 0, &usage) == child);
  CHECK(status == 0);
  measured.peak_kib = usage.ru_maxrss;
  return measured;
}

}  // namespace

TEST_CASE("values of large tensors are dropped in every form", "[onnx]") {
  onnx::ModelProto model;
  model.set_ir_version(8);
  constexpr int kMany = 100'000;
  add_tensor(model, "raw", kMany).set_raw_data(std::string(kMany * 4, 'x'));
  onnx::TensorProto& floats = add_tensor(model, "floats", kMany);
  floats.mutable_float_data()->Resize(kMany, 1.5F);
  add_tensor(model, "doubles", kMany).mutable_double_data()->Resize(kMany, 1.5);
  add_tensor(model, "integers", kMany).mutable_int64_data()->Resize(kMany, 7);
  onnx::TensorProto& strings = add_tensor(model, "strings", kMany);
  for (int i = 0; i < kMany; ++i) {
    strings.add_string_data("word");
  }
  onnx::NodeProto* node = model.mutable_graph()->add_node();
  node->set_op_type("Constant");
  onnx::AttributeProto* value = node->add_attribute();
  value->set_name("value");
  value->mutable_t()->set_raw_data(std::string(kMany, 'x'));
  value->mutable_t()->add_dims(kMany);
  onnx::AttributeProto* body = node->add_attribute();
  body->set_name("body");
  body->mutable_g()->add_initializer()->set_raw_data(std::string(kMany, 'x'));
  onnx::SparseTensorProto* sparse = model.mutable_graph()->add_sparse_initializer();
  sparse->mutable_values()->set_raw_data(std::string(kMany, 'x'));
  sparse->add_dims(kMany);

  const onnx::ModelProto result = stripped(model);
  CHECK(result.ByteSizeLong() < 50'000);
  REQUIRE(result.graph().initializer_size() == 5);
  for (int i = 0; i < 5; ++i) {
    const onnx::TensorProto& tensor = result.graph().initializer(i);
    CHECK(tensor.name() == model.graph().initializer(i).name());
    CHECK(tensor.dims(0) == kMany);
    CHECK(tensor.ByteSizeLong() < kMaxKeptTensorBytes + 100);
  }
  CHECK_FALSE(result.graph().initializer(0).has_raw_data());
  CHECK(result.graph().node(0).attribute(0).t().dims(0) == kMany);
  CHECK_FALSE(result.graph().node(0).attribute(0).t().has_raw_data());
  CHECK_FALSE(result.graph().node(0).attribute(1).g().initializer(0).has_raw_data());
  CHECK_FALSE(result.graph().sparse_initializer(0).values().has_raw_data());
}

TEST_CASE("short tensors and all structure stay", "[onnx]") {
  onnx::ModelProto model = test::deep_model(3);
  onnx::TensorProto& shape = add_tensor(model, "shape", 1024);
  shape.set_data_type(onnx::TensorProto::INT64);
  shape.set_raw_data(std::string(8 * 1024 - 16, '\x02'));
  onnx::ModelProto expected = model;
  for (onnx::TensorProto& tensor : *expected.mutable_graph()->mutable_initializer()) {
    if (tensor.raw_data().size() > kMaxKeptTensorBytes) {
      tensor.clear_raw_data();
    }
  }
  CHECK(stripped(model).SerializeAsString() == expected.SerializeAsString());
}

TEST_CASE("what is no message is refused", "[onnx]") {
  CHECK(strip_weights("") == std::optional<std::string>{""});
  CHECK_FALSE(strip_weights(std::string(11, '\xff')));
  CHECK_FALSE(
      strip_weights("\x3a\x05"
                    "ab"));
  // Field number 0, and a group.
  CHECK_FALSE(strip_weights(std::string{"\x02\x00", 2}));
  CHECK_FALSE(strip_weights("\x3b\x3c"));
  // Graphs within attributes of nodes of graphs, deeper than protobuf reads.
  std::string nested;
  for (int i = 0; i < 200; ++i) {
    for (const char* tag : {"\x32", "\x2a", "\x0a"}) {
      nested = tag + varint(nested.size()) + nested;
    }
  }
  CHECK_FALSE(strip_weights("\x3a" + varint(nested.size()) + nested));
}

TEST_CASE("200 layers are read in less than 0.3 s of CPU time", "[onnx][slow]") {
  const std::string bytes = test::deep_model(200).SerializeAsString();
  const test::TemporaryFile file{bytes, ".onnx"};
  const std::clock_t start = std::clock();
  const Result<NetworkImport> import = import_onnx(file.path(), std::nullopt);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  REQUIRE(import);
  CHECK(import->graph.size() == 1 + 200 * 3 + 100);
  INFO(seconds << " s");
  CHECK(seconds < 0.3);
}

TEST_CASE("1.9 GiB of weights are read within 300 MB", "[onnx][slow]") {
  const test::TemporaryFile file{"", ".onnx"};
  constexpr int kLayers = 20;
  write_sparse_model(file.path(), kLayers, 1684);
  // 1.9 GiB
  REQUIRE(std::filesystem::file_size(file.path()) > std::uintmax_t{2'040'109'465});
  const Measured measured = read_in_child(file.path());
  CHECK(measured.operations == 1 + kLayers);
  INFO(measured.peak_kib << " KiB");
  CHECK(measured.peak_kib < 300'000);
}

}  // namespace crossweave
