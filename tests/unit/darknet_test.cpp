// Does a Darknet .cfg become the network that Darknet runs? The files of others against our own YAML, each kind of
// section against figures worked out by hand, and the place and the words of every mistake.
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "frontend/import/network_file.h"
#include "scheduler/layer_by_layer.h"
#include "scheduler/mapped_network.h"

namespace crossweave {
namespace {

namespace fs = std::filesystem;

const fs::path kSource{CROSSWEAVE_SOURCE_DIR};

NetworkImport taken(Result<NetworkImport> import) {
  if (!import) {
    for (const Diagnostic& diagnostic : import.error()) {
      UNSCOPED_INFO(to_string(diagnostic));
    }
  }
  REQUIRE(import);
  return *std::move(import);
}

NetworkImport cfg(const std::string& name) {
  return taken(import_darknet(kSource / "tests" / "data" / "darknet" / (name + ".cfg"), std::nullopt));
}

NetworkGraph yaml(const std::string& name) {
  return taken(import_network_yaml(kSource / "configs" / "networks" / (name + ".yaml"), std::nullopt)).graph;
}

/// A network of these sections behind an input of 12 x 10 x 6.
std::string with_net(const std::string& sections) { return "[net]\nheight=12\nwidth=10\nchannels=6\n" + sections; }

NetworkImport read(const std::string& sections) { return taken(parse_darknet(with_net(sections), "t.cfg", {})); }

std::vector<std::string> texts(const Diagnostics& diagnostics) {
  std::vector<std::string> list;
  for (const Diagnostic& diagnostic : diagnostics) {
    list.push_back(to_string(diagnostic));
  }
  return list;
}

std::vector<std::string> problems_of(const std::string& text, const std::optional<Shape>& input_shape = std::nullopt) {
  const Result<NetworkImport> import = parse_darknet(text, "t.cfg", input_shape);
  REQUIRE_FALSE(import);
  return texts(import.error());
}

/// The problems of sections behind with_net, whose first line is the fifth.
std::vector<std::string> layer_problems(const std::string& sections) { return problems_of(with_net(sections)); }

using Texts = std::vector<std::string>;

const Operation& operation(const NetworkGraph& graph, const std::string& name) {
  for (const Operation& candidate : graph.operations()) {
    if (candidate.name == name) {
      return candidate;
    }
  }
  FAIL("no operation " << name);
  throw InternalError{"unreachable"};
}

template <class Kind>
const Kind& kind(const NetworkGraph& graph, const std::string& name) {
  return std::get<Kind>(operation(graph, name).kind);
}

std::vector<std::string> names(const NetworkGraph& graph) {
  std::vector<std::string> list;
  for (const Operation& one : graph.operations()) {
    list.push_back(one.name);
  }
  return list;
}

std::vector<std::string> inputs(const NetworkGraph& graph, const std::string& name) {
  std::vector<std::string> list;
  for (const OperationId input : operation(graph, name).inputs) {
    list.push_back(graph[input].name);
  }
  return list;
}

/// The rows of the input that one row of the output of the last operation needs, by one operation.
Interval needed_rows(const NetworkGraph& graph, const std::string& name, int row) {
  for (const OperationId id : ids(graph.operations())) {
    if (graph[id].name == name) {
      return graph.input_region(id, 0, {{row, row + 1}, {0, 1}}).rows;
    }
  }
  FAIL("no operation " << name);
  return {};
}

MappedNetwork mapped(const NetworkGraph& graph, bool include_top = false) {
  const Result<MappedNetwork, SchedulingFailure> network = map_network(graph, include_top, {});
  REQUIRE(network);
  return *network;
}

void require_same_layers(const MappedNetwork& a, const MappedNetwork& b, bool same_names) {
  REQUIRE(a.layers.size() == b.layers.size());
  for (const LayerId id : ids(a.layers)) {
    const BaseLayer& left = a.layers[id];
    const BaseLayer& right = b.layers[id];
    CAPTURE(left.name, right.name);
    CHECK((!same_names || left.name == right.name));
    CHECK(left.ifm == right.ifm);
    CHECK(left.ofm == right.ofm);
    CHECK(left.kernel == right.kernel);
    CHECK(left.stride == right.stride);
    CHECK(left.dilation == right.dilation);
    CHECK(left.groups == right.groups);
  }
}

void require_same_schedules(const MappedNetwork& a, const MappedNetwork& b) {
  const auto latency = [](const MappedNetwork& network, const MappingOptions& options) {
    const Result<ScheduledNetwork, SchedulingFailure> scheduled = schedule_network(network, options);
    REQUIRE(scheduled);
    return scheduled->schedule.latency().count();
  };
  for (const SetSize set : {SetSize{4, 4}, SetSize{1, 0}, SetSize{3, 5}}) {
    for (const auto& [duplication, extra] : {std::pair{Duplication::none, 0}, std::pair{Duplication::bottleneck, 32}}) {
      for (const Partition partition : {Partition::interleaved, Partition::blocks}) {
        MappingOptions options;
        options.set = set;
        options.duplication = duplication;
        options.extra_pes = extra;
        options.partition = partition;
        CAPTURE(set.rows, set.columns, extra, kPartitionNames[static_cast<std::size_t>(partition)]);
        CHECK(latency(a, options) == latency(b, options));
      }
    }
  }
}

}  // namespace

// --- files of others ---

TEST_CASE("TinyYOLOv4 from its .cfg is the benchmark, layer by layer and set by set", "[darknet]") {
  const NetworkImport import = cfg("yolov4-tiny");
  CHECK(texts(import.warnings) == Texts{});
  CHECK(import.graph.name() == "yolov4-tiny");
  const MappedNetwork darknet = mapped(import.graph);
  const MappedNetwork ours = mapped(yaml("tinyyolov4"));
  CHECK(darknet.layers.size() == 21);
  CHECK(darknet.min_pes == 117);
  CHECK(layer_by_layer_cycles(darknet.layers).count() == 113061);
  // Table I: the padding that no window reaches is left out.
  CHECK(darknet.layers[LayerId{0}].ifm == Shape{417, 417, 3});
  CHECK(darknet.layers[LayerId{1}].ifm == Shape{209, 209, 32});
  require_same_layers(darknet, ours, true);
  require_same_schedules(darknet, ours);
}

TEST_CASE("TinyYOLOv3 from its .cfg is the benchmark, layer by layer and set by set", "[darknet]") {
  const NetworkImport import = cfg("yolov3-tiny");
  CHECK(texts(import.warnings) == Texts{});
  const MappedNetwork darknet = mapped(import.graph);
  const MappedNetwork ours = mapped(yaml("tinyyolov3"));
  CHECK(darknet.layers.size() == 13);
  CHECK(darknet.min_pes == 142);
  CHECK(layer_by_layer_cycles(darknet.layers).count() == 232882);
  require_same_layers(darknet, ours, true);
  require_same_schedules(darknet, ours);
}

TEST_CASE("VGG16 from its .cfg is the benchmark behind a crop", "[darknet]") {
  const NetworkImport import = cfg("vgg-16");
  CHECK(texts(import.warnings) == Texts{});
  CHECK(kind<Slice>(import.graph, "crop_0").first == Shape{16, 16, 0});
  const MappedNetwork darknet = mapped(import.graph);
  const MappedNetwork ours = mapped(yaml("vgg16"));
  CHECK(darknet.layers.size() == 13);
  CHECK(darknet.min_pes == 233);
  CHECK(layer_by_layer_cycles(darknet.layers).count() == 137788);
  // Darknet's layers have no names, VGG's authors gave some to theirs.
  require_same_layers(darknet, ours, false);
  require_same_schedules(darknet, ours);

  // 7*7*512 x 4096, 4096 x 4096 and 4096 x 1000 on 256 x 256 crossbars: 98 * 16 + 16 * 16 + 16 * 4 PEs.
  const MappedNetwork with_top = mapped(import.graph, true);
  CHECK(with_top.layers.size() == 16);
  CHECK(with_top.layers[LayerId{13}].name == "dense");
  CHECK(with_top.layers[LayerId{15}].name == "dense_2");
  CHECK(with_top.min_pes == 233 + 1568 + 256 + 64);
}

TEST_CASE("resnet50.cfg is another network than ResNet50", "[darknet]") {
  const NetworkImport import = cfg("resnet50");
  const MappedNetwork darknet = mapped(import.graph);
  // Without the four projections (1 + 2 + 8 + 32 PEs), but with the classifier as a convolution (8 * 4).
  CHECK(darknet.layers.size() == 50);
  CHECK(darknet.min_pes == 390 - 43 + 32);
  // Of 256 x 256: conv1, then stages of 3, 4, 6 and 3 blocks with the stride on the 3x3, then the classifier.
  const int stages = 9 * 4096 + (4096 + 11 * 1024) + (1024 + 17 * 256) + (256 + 8 * 64);
  CHECK(layer_by_layer_cycles(darknet.layers).count() == 128 * 128 + stages + 64);
  // The pool gives 64 channels, the block's end has 256: only the first 64 get an addend.
  CHECK(operation(import.graph, "shortcut_5/head").output == Shape{64, 64, 64});
  CHECK(operation(import.graph, "shortcut_5/concat").output == Shape{64, 64, 256});
  REQUIRE(import.warnings.size() == 3);
  CHECK(import.warnings.front().severity == Severity::warning);
  CHECK(import.warnings.front().message ==
        "layer 17 [shortcut]: of 64x64x256 every row and column number 2 is added, as in the original Darknet");
}

// --- sections ---

TEST_CASE("convolutional: kernel, stride, padding, groups, normalization and activation", "[darknet]") {
  const NetworkGraph graph = read(R"([convolutional]
filters=8
size=3
stride=2
pad=1
groups=2
batch_normalize=1
activation=leaky

[conv]
filters=4
size=3
stride_x=2
padding=2
activation=linear
)")
                                 .graph;
  CHECK(names(graph) == Texts{"input", "conv2d", "conv2d/batch_norm", "conv2d/leaky_relu", "conv2d_1"});
  const auto& first = kind<Conv2d>(graph, "conv2d");
  CHECK(first.groups == 2);
  CHECK_FALSE(first.bias);
  // 12 rows: outputs 0..5 read rows -1..11; 10 columns: outputs 0..4 read columns -1..9.
  CHECK(first.padding == Padding{1, 0, 1, 0});
  CHECK(operation(graph, "conv2d").output == Shape{6, 5, 8});
  const auto& second = kind<Conv2d>(graph, "conv2d_1");
  CHECK(second.bias);
  CHECK(second.stride == Extent{1, 2});
  // (6 + 4 - 3) / 1 + 1 rows need all padding; (5 + 4 - 3) / 2 + 1 columns too.
  CHECK(second.padding == Padding{2, 2, 2, 2});
  CHECK(operation(graph, "conv2d_1").output == Shape{8, 4, 4});
}

TEST_CASE("convolutional: padding that no window reaches is left out on each axis by itself", "[darknet]") {
  const auto padding = [](const std::string& fields) {
    const NetworkGraph graph = read("[convolutional]\nfilters=1\nactivation=linear\n" + fields).graph;
    return kind<Conv2d>(graph, "conv2d").padding;
  };
  CHECK(padding("size=1\npad=1\n") == Padding{0, 0, 0, 0});
  CHECK(padding("size=1\npadding=1\n") == Padding{1, 1, 1, 1});
  CHECK(padding("size=3\npad=1\n") == Padding{1, 1, 1, 1});
  // pad wins over padding.
  CHECK(padding("size=3\npad=1\npadding=2\n") == Padding{1, 1, 1, 1});
  // (12 + 2 - 3) / 5 + 1 = 3 windows from row -1 read to row 11; (10 + 2 - 3) / 5 + 1 = 2 to column 6.
  CHECK(padding("size=3\npad=1\nstride=5\n") == Padding{1, 0, 1, 0});
  // (12 + 4 - 5) / 3 + 1 = 4 windows from row -2 read to row 11; (10 + 4 - 5) / 3 + 1 = 4 to column 11.
  CHECK(padding("size=5\npad=1\nstride=3\n") == Padding{2, 0, 2, 2});
  // Darknet pads by padding * dilation, and takes a kernel of 1 as not dilated.
  CHECK(padding("size=3\npad=1\ndilation=3\n") == Padding{3, 3, 3, 3});
  CHECK(padding("size=1\ndilation=3\n") == Padding{0, 0, 0, 0});
}

TEST_CASE("every activation of Darknet has a function", "[darknet]") {
  const auto function = [](const std::string& name) {
    const NetworkImport import = read("[activation]\nactivation=" + name + "\n");
    std::string text{operation_name(import.graph[OperationId{import.graph.size() - 1}].kind)};
    for (const std::string& warning : texts(import.warnings)) {
      text += "; " + warning;
    }
    return text;
  };
  CHECK(function("linear") == "input");
  CHECK(function("leaky") == "leaky_relu");
  CHECK(function("logistic") == "sigmoid");
  CHECK(function("hardtan") == "clip");
  CHECK(function("normalize_channels_softmax_maxval") == "softmax");
  for (const std::string same : {"elu", "gelu", "mish", "relu", "relu6", "selu", "swish", "tanh"}) {
    CHECK(function(same) == same);
  }
  CHECK(function("hard_mish") ==
        "mish; t.cfg:6:12: warning: layer 0 [activation]: activation 'hard_mish' becomes 'mish'");
  for (const std::string other : {"lhtan", "loggy", "normalize_channels", "plse", "ramp", "revleaky", "stair"}) {
    CHECK(function(other).find("becomes") != std::string::npos);
  }
  CHECK(function("relie") == "leaky_relu");
}

TEST_CASE("maxpool: the sum of both paddings is size - 1, its smaller half at the top and left", "[darknet]") {
  // Windows [x, x + 1] at stride 1.
  const NetworkGraph one = read("[maxpool]\nsize=2\nstride=1\n").graph;
  CHECK(operation(one, "maxpool_0").output == Shape{12, 10, 6});
  CHECK(kind<Pool>(one, "maxpool_0").padding == Padding{0, 1, 0, 1});
  CHECK(needed_rows(one, "maxpool_0", 0) == Interval{0, 2});
  CHECK(needed_rows(one, "maxpool_0", 11) == Interval{11, 12});
  // Nothing of the padding is left at stride 2 on an even map.
  const NetworkGraph two = read("[maxpool]\nsize=2\nstride=2\n").graph;
  CHECK(operation(two, "maxpool_0").output == Shape{6, 5, 6});
  CHECK(kind<Pool>(two, "maxpool_0").padding == Padding{});
  // An odd map rounds up: (5 + 1 - 2) / 2 + 1.
  const NetworkGraph odd = read("[crop]\ncrop_height=5\ncrop_width=4\n[maxpool]\nsize=2\nstride=2\n").graph;
  CHECK(operation(odd, "maxpool_1").output == Shape{3, 2, 6});
  CHECK(kind<Pool>(odd, "maxpool_1").padding == Padding{0, 1, 0, 0});
  // As in the spatial pyramid of YOLOv3-SPP.
  const NetworkGraph spp = read("[maxpool]\nsize=5\nstride=1\n").graph;
  CHECK(operation(spp, "maxpool_0").output == Shape{12, 10, 6});
  CHECK(kind<Pool>(spp, "maxpool_0").padding == Padding{2, 2, 2, 2});
  // (12 + 3 - 3) / 2 + 1 = 7 windows from row -1, the last reads to row 13; (10 + 3 - 3) / 4 + 1 = 3 to column 9.
  const NetworkGraph odd_sum = read("[maxpool]\nsize=3\nstride_x=4\nstride_y=2\npadding=3\n").graph;
  CHECK(operation(odd_sum, "maxpool_0").output == Shape{7, 3, 6});
  CHECK(kind<Pool>(odd_sum, "maxpool_0").padding == Padding{1, 2, 1, 0});
  CHECK(needed_rows(odd_sum, "maxpool_0", 0) == Interval{0, 2});
  // The size defaults to the stride.
  const NetworkGraph bare = read("[max]\nstride=3\n[local_avgpool]\nstride=2\n").graph;
  CHECK(kind<Pool>(bare, "maxpool_0").kernel == Extent{3, 3});
  CHECK(kind<Pool>(bare, "maxpool_0").kind == Pool::Kind::max);
  CHECK(kind<Pool>(bare, "local_avgpool_1").kind == Pool::Kind::average);
}

TEST_CASE("route: absolute and negative indices, and parts of the channels", "[darknet]") {
  const NetworkGraph graph = read(R"([convolutional]
filters=4
size=1
activation=relu
[convolutional]
filters=8
size=1
activation=relu
[route]
layers=-2
[convolutional]
filters=2
size=1
activation=relu
[route]
layers = 1, -1
[route]
layers=0,1
groups=4
group_id=3
[route]
layers=1
groups=2
group_id=1
)")
                                 .graph;
  // A route to one layer is that layer.
  CHECK(inputs(graph, "conv2d_2") == Texts{"conv2d/relu"});
  CHECK(inputs(graph, "route_4") == Texts{"conv2d_1/relu", "conv2d_2/relu"});
  CHECK(operation(graph, "route_4").output == Shape{12, 10, 10});
  // The same part of each of several layers.
  CHECK(kind<Slice>(graph, "route_5/slice_0").first.channels == 3);
  CHECK(kind<Slice>(graph, "route_5/slice_1").first.channels == 6);
  CHECK(operation(graph, "route_5").output == Shape{12, 10, 3});
  CHECK(kind<Slice>(graph, "route_6").first == Shape{0, 0, 4});
  CHECK(operation(graph, "route_6").output == Shape{12, 10, 4});
}

TEST_CASE("shortcut: sums of maps that may differ in channels and by a stride", "[darknet]") {
  const NetworkImport import = read(R"([convolutional]
filters=4
size=1
activation=linear
[convolutional]
filters=4
size=1
activation=linear
[shortcut]
from=-2
activation=leaky
[convolutional]
filters=6
size=3
pad=1
stride=2
activation=linear
[shortcut]
from=0
[convolutional]
filters=2
size=1
activation=linear
[shortcut]
from=-2,-3
activation=linear
[upsample]
[shortcut]
from=-2
)");
  const NetworkGraph& graph = import.graph;
  CHECK(inputs(graph, "shortcut_2") == Texts{"conv2d_1", "conv2d"});
  CHECK(inputs(graph, "shortcut_2/leaky_relu") == Texts{"shortcut_2"});
  // 12x10x4 to 6x5x6: every second pixel, added to the first four channels.
  CHECK(kind<Pool>(graph, "shortcut_4/stride").stride == Extent{2, 2});
  CHECK(kind<Pool>(graph, "shortcut_4/stride").kernel == Extent{1, 1});
  CHECK(inputs(graph, "shortcut_4/add") == Texts{"shortcut_4/head", "shortcut_4/stride"});
  CHECK(inputs(graph, "shortcut_4/concat") == Texts{"shortcut_4/add", "shortcut_4/tail"});
  CHECK(operation(graph, "shortcut_4/concat").output == Shape{6, 5, 6});
  // Several, wider than the sum: their first two channels.
  CHECK(inputs(graph, "shortcut_6") == Texts{"conv2d_3", "shortcut_6/0/slice", "shortcut_6/1/slice"});
  CHECK(operation(graph, "shortcut_6").output == Shape{6, 5, 2});
  // A smaller map into a larger one.
  CHECK(inputs(graph, "shortcut_8") == Texts{"upsample_7", "shortcut_8/upsample"});
  CHECK(texts(import.warnings) ==
        Texts{
            "t.cfg:22:1: warning: layer 4 [shortcut]: of 12x10x4 every row and column number 2 is added, as in the "
            "original Darknet",
            "t.cfg:32:1: warning: layer 8 [shortcut]: a map of 6x5x2 is enlarged to be added to 12x10x2",
        });
}

TEST_CASE("scale_channels and sam multiply", "[darknet]") {
  const NetworkGraph graph = read(R"([convolutional]
filters=4
size=1
activation=linear
[avgpool]
[connected]
output=4
activation=logistic
[scale_channels]
from=0
activation=relu
[convolutional]
filters=4
size=1
activation=logistic
[sam]
from=-2
[convolutional]
filters=1
size=1
activation=logistic
[scale_channels]
from=-2
scale_wh=1
)")
                                 .graph;
  CHECK(inputs(graph, "scale_channels_3") == Texts{"conv2d", "dense/sigmoid"});
  CHECK(operation(graph, "scale_channels_3/relu").output == Shape{12, 10, 4});
  CHECK(inputs(graph, "sam_5") == Texts{"conv2d_1/sigmoid", "scale_channels_3/relu"});
  CHECK(inputs(graph, "scale_channels_7") == Texts{"sam_5", "conv2d_2/sigmoid"});
  CHECK(operation(graph, "scale_channels_7").output == Shape{12, 10, 4});
}

TEST_CASE("the other sections", "[darknet]") {
  const NetworkImport import = read(R"([crop]
crop_height=7
crop_width=8
flip=1
[upsample]
stride=2
[batchnorm]
[lrn]
size=5
[reorg]
stride=2
[reorg3d]
stride=2
reverse=1
[dropout]
probability=.5
[yolo]
mask=0,1,2
anchors = 10,14,  23,27
classes=80
[route]
layers=-2
[softmax]
groups=1
[cost]
type=sse
[connected]
output=3
batch_normalize=1
activation=elu
[conn]
output=2
activation=linear
[softmax]
[logistic]
)");
  const NetworkGraph& graph = import.graph;
  CHECK(names(graph) == Texts{"input", "crop_0", "upsample_1", "batchnorm_2", "normalization_3", "reorg_4", "reorg_5",
                              "softmax_9/flatten", "softmax_9", "dense", "dense/batch_norm", "dense/elu", "dense_1",
                              "softmax_13", "logistic_14"});
  // The middle: 12 - 7 = 5 and 10 - 8 = 2 are cut off, half of them before.
  CHECK(kind<Slice>(graph, "crop_0").first == Shape{2, 1, 0});
  CHECK(operation(graph, "upsample_1").output == Shape{14, 16, 6});
  CHECK(operation(graph, "reorg_4").output == Shape{7, 8, 24});
  CHECK(operation(graph, "reorg_5").output == Shape{14, 16, 6});
  CHECK(needed_rows(graph, "reorg_4", 3) == Interval{0, 14});
  // Over the whole map, so that nothing of it is known before all of it is.
  CHECK(operation(graph, "softmax_9").output == Shape{1, 1, 14 * 16 * 6});
  CHECK_FALSE(kind<Dense>(graph, "dense").bias);
  CHECK(kind<Dense>(graph, "dense_1").bias);
  CHECK(texts(import.warnings) ==
        Texts{"t.cfg:14:1: warning: layer 4 [reorg]: the rearranged map is taken to need the whole map before it",
              "t.cfg:16:1: warning: layer 5 [reorg3d]: the rearranged map is taken to need the whole map before it"});
}

TEST_CASE("spatial softmax keeps the pixels apart", "[darknet]") {
  const NetworkGraph graph = read("[softmax]\nspatial=1\n").graph;
  CHECK(operation(graph, "softmax_0").output == Shape{12, 10, 6});
}

// --- the file ---

TEST_CASE("comments, blanks and the ends of lines", "[darknet]") {
  const std::string text =
      "\xEF\xBB\xBF# a comment\r\n; another\r\n  [net]  # here too\r\n\theight = 4\r\nwidth=4# four\r\nchannels=2\r\n"
      "\r\n[maxpool]\r\nsize=2\r\nstride=2";
  CHECK(operation(taken(parse_darknet(text, "a/b.cfg", {})).graph, "maxpool_0").output == Shape{2, 2, 2});
}

TEST_CASE("input_shape agrees with [net] or fills in what it leaves open", "[darknet]") {
  const std::string closed = "[network]\nheight=4\nwidth=4\nchannels=2\n[avgpool]\n";
  CHECK(taken(parse_darknet(closed, "t.cfg", Shape{4, 4, 2})).graph.size() == 2);
  CHECK(problems_of(closed, Shape{4, 5, 2}) ==
        Texts{"t.cfg:1:1: error: [network]: the file states 4x4x2, input_shape says 4x5x2"});
  const std::string open = "[net]\nchannels=2\n[avgpool]\n";
  CHECK(operation(taken(parse_darknet(open, "t.cfg", Shape{8, 4, 2})).graph, "input").output == Shape{8, 4, 2});
  CHECK(problems_of(open) ==
        Texts{"t.cfg:1:1: error: [net]: the shape ?x?x2 is open; state height, width and channels, "
              "or give input_shape"});
  const std::string vector = "[net]\ninputs=16\n[connected]\noutput=2\nactivation=relu\n";
  CHECK(operation(taken(parse_darknet(vector, "t.cfg", {})).graph, "input").output == Shape{1, 1, 16});
  CHECK(problems_of("[net]\ninputs=16\nheight=4\nwidth=4\nchannels=2\n[avgpool]\n") ==
        Texts{"t.cfg:1:1: error: [net]: inputs of 16 do not fit a map of 4x4x2"});
}

TEST_CASE("fields that Darknet passes over, or takes twice, are warnings", "[darknet]") {
  const NetworkImport import = read(R"([convolutional]
filters=2
size=3
strides=2
size=5
colour=red
[connected]
)");
  CHECK(kind<Conv2d>(import.graph, "conv2d").kernel == Extent{3, 3});
  CHECK(texts(import.warnings) ==
        Texts{
            "t.cfg:5:1: warning: layer 0 [convolutional]: no field 'activation': Darknet takes logistic",
            "t.cfg:8:1: warning: layer 0 [convolutional]: unused field 'strides', did you mean 'stride'?",
            "t.cfg:9:1: warning: layer 0 [convolutional]: duplicate field 'size': the one in line 7 counts",
            "t.cfg:10:1: warning: layer 0 [convolutional]: unused field 'colour'",
            "t.cfg:11:1: warning: layer 1 [connected]: no field 'output': Darknet takes 1",
            "t.cfg:11:1: warning: layer 1 [connected]: no field 'activation': Darknet takes logistic",
        });
}

TEST_CASE("fields that make another layer are errors unless they are off", "[darknet]") {
  const std::string conv = "[convolutional]\nfilters=2\nsize=3\nactivation=relu\n";
  for (const std::string field :
       {"antialiasing", "coordconv", "flipped", "reverse", "rotate", "stretch", "stretch_sway", "sway"}) {
    CAPTURE(field);
    CHECK(read(conv + field + "=0\n").warnings.empty());
    CHECK(layer_problems(conv + field + "=1\n") ==
          Texts{"t.cfg:9:" + std::to_string(field.size() + 2) + ": error: layer 0 [convolutional]: " + field +
                ": this field changes the layer in a way that is not supported"});
  }
  // 0 would be a layer.
  CHECK(layer_problems(conv + "share_index=0\n").size() == 1);
  CHECK(layer_problems("[maxpool]\nmaxpool_depth=1\nout_channels=3\n").size() == 2);
  CHECK(layer_problems("[maxpool]\nantialiasing=2\n").size() == 1);
  CHECK(layer_problems("[reorg]\nextra=2\n").size() == 1);
}

TEST_CASE("all problems of a file are reported at once, each at its place and none of them twice", "[darknet]") {
  CHECK(layer_problems(R"([convolutional]
filters=0
size=1e9
pad=yes
activation=rleu
[maxpool]
size=13
padding=0
[route]
layers=-1, 7,x
[deconvolutional]
filters
[shortcut]
[net]
)") == Texts{
           "t.cfg:6:9: error: layer 0 [convolutional]: filters: expected an integer in [1, 1048576], got '0'",
           "t.cfg:7:6: error: layer 0 [convolutional]: size: expected an integer in [1, 1048576], got '1e9'",
           "t.cfg:8:5: error: layer 0 [convolutional]: pad: expected 0 or 1, got 'yes'",
           "t.cfg:9:12: error: layer 0 [convolutional]: activation: unknown activation 'rleu', did you mean 'relu'?",
           "t.cfg:14:12: error: layer 2 [route]: layers: no layer 7 stands before this one",
           "t.cfg:14:14: error: layer 2 [route]: layers: expected integers separated by commas, got 'x'",
           "t.cfg:16:1: error: expected [section] or field=value, got 'filters'",
           "t.cfg:17:1: error: layer 4 [shortcut]: missing field 'from'",
           "t.cfg:18:1: error: [net] may only stand first",
       });
}

TEST_CASE("layers that do not fit their inputs", "[darknet]") {
  const auto problem = [](const std::string& sections) {
    const std::vector<std::string> problems = layer_problems(sections);
    REQUIRE(problems.size() == 1);
    return problems.front().substr(problems.front().find("]: ") + 3);
  };
  CHECK(problem("[convolutional]\nfilters=2\nsize=11\nactivation=relu\n") ==
        "kernel of 11x11 is larger than its padded input of 12x10");
  CHECK(problem("[convolutional]\nfilters=2\nsize=1\ngroups=4\nactivation=relu\n") ==
        "4 groups do not divide both the 6 input channels and the 2 filters");
  CHECK(problem("[convolutional]\nfilters=2\nsize=3\ndilation=2\nactivation=relu\n") ==
        "with a dilation of 2 Darknet has no outputs for a padding of 0; it must be (size - 1) / 2");
  CHECK(problem("[convolutional]\nfilters=2\nsize=1048575\npad=1\ndilation=4\nactivation=relu\n") ==
        "a padding of 2097148 is too large");
  CHECK(problem("[crop]\ncrop_height=13\ncrop_width=2\n") == "cannot crop 12x10x6 to 13x2");
  CHECK(problem("[avgpool]\n[route]\nlayers=0\ngroups=4\n") == "4 groups do not divide the channels of 1x1x6");
  CHECK(problem("[avgpool]\n[route]\nlayers=0\ngroups=2\ngroup_id=2\n") == "group_id: there is no group 2 of 2");
  CHECK(problem("[maxpool]\nsize=2\nstride=2\n[avgpool]\n[route]\nlayers=0,1\n") ==
        "inputs of 6x5x6 and 1x1x6 cannot be concatenated");
  CHECK(problem("[crop]\ncrop_height=7\ncrop_width=7\n[maxpool]\nsize=2\nstride=2\n[shortcut]\nfrom=0\n") ==
        "cannot add 7x7x6 to 4x4x6");
  CHECK(problem("[maxpool]\nstride=2\n[avgpool]\n[sam]\nfrom=0\n") == "cannot multiply 1x1x6 by 6x5x6");
  CHECK(problem("[maxpool]\nstride=2\n[maxpool]\nstride=2\n[scale_channels]\nfrom=0\n") ==
        "scaling 6x5x6 takes factors of 1x1x6, got 3x3x6");
  CHECK(problem("[maxpool]\nstride=2\n[avgpool]\n[scale_channels]\nfrom=0\nscale_wh=1\n") ==
        "scaling 6x5x6 takes factors of 6x5x1, got 1x1x6");
  CHECK(problem("[maxpool]\nstride=2\n[maxpool]\n[sam]\nfrom=0,1\n") == "from: expected one layer, got 2");
  CHECK(problem("[reorg]\nstride=4\n") == "a stride of 4 does not divide 12x10x6");
  CHECK(problem("[reorg]\nstride=1000000\nreverse=1\n") == "a stride of 1000000 does not divide 12x10x6");
  CHECK(problem("[upsample]\nstride=1000000\n") == "the upsampling factor is out of range");
  // No default: where a negative index would lead before the first layer.
  CHECK(problem("[route]\nlayers=-1\n") == "layers: no layer -1 stands before this one");
}

TEST_CASE("a section that cannot be read is refused with those that can", "[darknet]") {
  const std::vector<std::string> problems = layer_problems("[lstm]\noutput=3\n[maxpool]\nstride=2\n");
  REQUIRE(problems.size() == 1);
  CHECK(problems.front().find("t.cfg:5:1: error: layer 0 [lstm]: this section is not supported; supported: "
                              "Gaussian_yolo, activation, avgpool, avg, batchnorm, connected, conn, convolutional, ") ==
        0);
}

TEST_CASE("text that is no network", "[darknet]") {
  CHECK(problems_of("") == Texts{"t.cfg: error: the file is empty"});
  CHECK(problems_of("# only this\n") == Texts{"t.cfg: error: the file has no sections, so is no Darknet .cfg"});
  CHECK(problems_of("name: n\ninput: [1, 1, 1]\n") == Texts{"t.cfg:1:1: error: expected [net], got 'name: n'"});
  CHECK(problems_of(std::string{"[net]\nheight=\0", 14}) ==
        Texts{"t.cfg:2:8: error: the file is not text, so not a Darknet .cfg"});
  CHECK(problems_of("[net]\nheight=4\nwidth=4\nchannels=1\n") == Texts{"t.cfg:1:1: error: the network has no layers"});
  CHECK(problems_of("[avgpool]\n[net]\nheight=4\nwidth=4\nchannels=1\n") ==
        Texts{"t.cfg:1:1: error: the first section must be [net] or [network], got '[avgpool]'",
              "t.cfg:2:1: error: [net] may only stand first"});
  CHECK(problems_of("[net\nheight=\nwidth=4\n=4\n[]\n") ==
        Texts{
            "t.cfg:1:1: error: expected [section], got '[net'",
            "t.cfg:2:1: error: the field 'height' has no value",
            "t.cfg:4:1: error: expected [section] or field=value, got '=4'",
            "t.cfg:5:1: error: expected [section], got '[]'",
        });
}

}  // namespace crossweave
