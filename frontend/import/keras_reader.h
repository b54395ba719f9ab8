// One Keras model on its way to a NetworkGraph. keras.cpp reads models, keras_layers.cpp their layers.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "arch/diagnostics.h"
#include "frontend/import/keras_call.h"
#include "frontend/import/network_file.h"
#include "scheduler/network_graph.h"
#include "scheduler/operations.h"

namespace crossweave {

/// Reads a model once. All problems of all layers are collected; what follows from one of them is not reported again.
class KerasReader {
 public:
  KerasReader(const KerasJson& document, std::string file, std::string name, const std::optional<Shape>& input_shape)
      : document_{document}, file_{std::move(file)}, input_shape_{input_shape}, graph_{std::move(name)} {}

  Result<NetworkImport> read();

 private:
  using Handler = void (KerasReader::*)(KerasCall&);
  /// nullopt: broken, and reported.
  using Value = std::optional<KerasMap>;

  /// A model as a whole, or one that is a layer of another.
  struct Model {
    const KerasJson& json;
    /// Path of layer names with a '/' at its end: in messages, and of the operations to come (each call its own).
    std::string label_scope;
    std::string name_scope;
    /// What a nested model is called with; nullptr for the outermost one.
    const std::vector<KerasMap>* arguments;
  };

  /// An output of a call of a layer.
  struct Reference {
    std::size_t layer{0};
    std::size_t call{0};
    std::size_t tensor{0};
  };

  /// A reference as the file writes it.
  struct RawReference {
    std::string layer;
    std::int64_t call{0};
    std::int64_t tensor{0};
  };

  /// What a call of a layer is given.
  struct Arguments {
    std::vector<RawReference> tensors;
    std::vector<const KerasJson*> constants;
    const KerasJson* keywords{nullptr};
  };

  struct Layer {
    const KerasJson* json{nullptr};
    const KerasJson* config{nullptr};
    std::string name;
    std::string class_name;
    /// One for each call.
    std::vector<Arguments> calls{};
    /// Of each call, each output.
    std::vector<std::vector<Value>> outputs{};
    /// The number that the file gives to the first call.
    std::int64_t first_call{0};
  };

  static const std::map<std::string, Handler>& handlers();

  void error(const std::string& message);
  void warning(const std::string& message);
  void report(const Model& model, const Layer& layer, const std::string& message) {
    error(place(model, layer) + message);
  }
  [[nodiscard]] static std::string place(const Model& model, const Layer& layer);

  // Models.
  [[nodiscard]] const KerasJson* outermost_model();
  [[nodiscard]] static const KerasJson* layers_of(const KerasJson& model);
  [[nodiscard]] static bool is_model(const KerasJson& layer);
  std::vector<Value> read_model(const Model& model);
  std::vector<Value> read_sequential(const Model& model, const std::vector<Layer>& layers);
  std::vector<Value> read_functional(const Model& model, std::vector<Layer> layers);
  std::optional<std::vector<Layer>> read_layers(const Model& model);
  void read_calls(Layer& layer, bool& counts_from_zero);
  [[nodiscard]] std::optional<Reference> resolve(const Model& model, const std::vector<Layer>& layers,
                                                 const std::map<std::string, std::size_t>& by_name,
                                                 const RawReference& raw, const std::string& where);
  static void collect_history(const KerasJson& value, Arguments& arguments);
  static void collect_list(const KerasJson& value, Arguments& arguments);

  // Layers.
  std::vector<Value> read_call(const Model& model, const Layer& layer, std::size_t call, std::vector<KerasMap> inputs);
  Value read_input(const Model& model, const Layer& layer, const KerasMap* argument, bool only_input);
  [[nodiscard]] std::optional<KerasDims> stated_dims(const Model& model, const Layer& layer, const KerasJson& shape);
  [[nodiscard]] Value bind_input(const Model& model, const Layer& layer, const KerasDims& stated,
                                 const KerasMap& argument);
  [[nodiscard]] Value open_input(const Model& model, const Layer& layer, KerasDims stated, bool only_input);
  [[nodiscard]] static std::string unsupported(const std::string& class_name);

  // What a handler reads and writes.
  std::string unique_name(const std::string& wanted);
  [[nodiscard]] const Shape& shape(const KerasMap& map) const { return graph_[map.operation].output; }
  [[nodiscard]] static const KerasMap* only_input(KerasCall& call);
  [[nodiscard]] static const KerasMap* window_input(KerasCall& call);
  [[nodiscard]] static std::optional<std::size_t> axis_index(KerasCall& call, std::int64_t axis, std::size_t rank);
  [[nodiscard]] static bool over_channels(KerasCall& call, const KerasMap& in);
  void emit(KerasCall& call, OperationKind kind, std::vector<OperationId> inputs, std::size_t rank,
            const std::string& suffix = "");
  void emit_pointwise(KerasCall& call, OperationKind kind, const KerasMap& in, const std::string& suffix = "");
  void forward(KerasCall& call, KerasMap map) const;
  void rearrange(KerasCall& call, const KerasMap& in, const KerasDims& dims);
  void need_whole_map(KerasCall& call, const std::string& reason);
  void append_activation(KerasCall& call);
  [[nodiscard]] std::optional<Padding> window_padding(KerasCall& call, const Shape& in, Extent kernel, Extent stride,
                                                      Extent dilation);
  void read_windowed_conv(KerasCall& call, std::int64_t filters, std::int64_t groups, bool bias,
                          const std::string& suffix);
  void combine_with_constant(KerasCall& call, const std::string& function);
  void combine(KerasCall& call, const std::string& function);
  void apply(KerasCall& call, const std::string& function);

  // One handler for each class of layers, or family of classes.
  void read_activation(KerasCall& call);
  void read_average_pool(KerasCall& call) { read_pool(call, Pool::Kind::average); }
  void read_batch_norm(KerasCall& call);
  void read_concat(KerasCall& call);
  void read_conv(KerasCall& call);
  void read_cropping(KerasCall& call);
  void read_dense(KerasCall& call);
  void read_depthwise_conv(KerasCall& call);
  void read_flatten(KerasCall& call);
  void read_function(KerasCall& call);
  void read_global_average_pool(KerasCall& call) { read_global_pool(call, Pool::Kind::average); }
  void read_global_max_pool(KerasCall& call) { read_global_pool(call, Pool::Kind::max); }
  void read_global_pool(KerasCall& call, Pool::Kind kind);
  void read_group_norm(KerasCall& call);
  void read_identity(KerasCall& call);
  void read_layer_norm(KerasCall& call);
  void read_max_pool(KerasCall& call) { read_pool(call, Pool::Kind::max); }
  void read_mean(KerasCall& call) { read_reduction(call, Pool::Kind::average); }
  void read_merge(KerasCall& call);
  void read_permute(KerasCall& call);
  void read_pointwise(KerasCall& call);
  void read_pool(KerasCall& call, Pool::Kind kind);
  void read_reduction(KerasCall& call, Pool::Kind kind);
  void read_relu(KerasCall& call);
  void read_reshape(KerasCall& call);
  void read_separable_conv(KerasCall& call);
  void read_softmax(KerasCall& call);
  void read_upsampling(KerasCall& call);
  void read_zero_padding(KerasCall& call);

  const KerasJson& document_;
  std::string file_;
  std::optional<Shape> input_shape_;
  NetworkGraph graph_;
  std::unordered_set<std::string> names_;
  Diagnostics diagnostics_;
  /// A layer of a model that is called several times is read as often; each of its problems counts once.
  std::unordered_set<std::string> reported_;
  /// Layers read so far, those of a nested model anew for each call.
  std::size_t layers_read_{0};
};

}  // namespace crossweave
