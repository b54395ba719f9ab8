// Is a drawing what the paper's Fig. 2 shows, and text that Graphviz can read whatever the names?
#include "frontend/report/dot.h"

#include <string>

#include <catch2/catch.hpp>

#include "tests/support/networks.h"

namespace crossweave {

TEST_CASE("base layers are green, others blue, and edges bear shapes", "[dot]") {
  test::NetworkBuilder net{"small"};
  const OperationId in = net.add_named("image", Input{{8, 6, 3}}, {});
  const OperationId map = net.add_named("c", Conv2d{4, {3, 3}, {2, 1}, {}, {1, 0, 2, 3}, 1, true}, {in});
  net.add_named("relu", Activation{"relu"}, {map});
  CHECK(to_dot(net.graph()) ==
        "digraph \"small\" {\n"
        "  node [shape=box, style=\"filled,rounded\", fontname=\"Helvetica\", fontsize=11]\n"
        "  edge [fontname=\"Helvetica\", fontsize=9]\n"
        "  n0 [label=\"image\\ninput\", fillcolor=\"white\"]\n"
        "  n1 [label=\"c\\nconv2d 3x3 / 2x1 pad 1 0 2 3 + bias\", fillcolor=\"#b7dfb0\"]\n"
        "  n2 [label=\"relu\", fillcolor=\"#b5d3ee\"]\n"
        "  n0 -> n1 [label=\"8x6x3\"]\n"
        "  n1 -> n2 [label=\"4x9x4\"]\n"
        "}\n");
}

TEST_CASE("an operation's parameters are told", "[dot]") {
  test::NetworkBuilder net;
  const OperationId in = net.input({8, 8, 4});
  const auto drawn = [&](const OperationKind& kind, std::vector<OperationId> inputs) {
    net.add_named("x", kind, std::move(inputs));
    return to_dot(net.graph());
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(drawn(Conv2d{4, {1, 3}, {}, {1, 2}, {}, 2, false}, {in}),
             Contains("x\\nconv2d 1x3 dilated 1x2 in 2 groups\""));
  CHECK_THAT(drawn(Dense{3, true}, {in}), Contains("x\\ndense + bias\""));
  CHECK_THAT(drawn(Pool{Pool::Kind::average, {2, 2}, {2, 2}, {}, {0, 1, 0, 1}, false}, {in}),
             Contains("x\\naverage_pool 2x2 / 2x2 pad 0 1 0 1\""));
  CHECK_THAT(drawn(Pad{{1, 2, 3, 4}}, {in}), Contains("x\\npad 1 2 3 4\""));
  CHECK_THAT(drawn(Concat{Concat::Along::rows}, {in, in}), Contains("x\\nconcat rows\""));
  CHECK_THAT(drawn(Concat{Concat::Along::columns}, {in, in}), Contains("x\\nconcat columns\""));
  CHECK_THAT(drawn(Concat{Concat::Along::channels}, {in, in}), Contains("x\\nconcat channels\""));
  CHECK_THAT(drawn(Slice{{1, 2, 3}, {4, 4, 1}}, {in}), Contains("x\\nslice from (1, 2, 3)\""));
  CHECK_THAT(drawn(Upsample{{2, 3}}, {in}), Contains("x\\nupsample 2x3\""));
  CHECK_THAT(drawn(Elementwise{"add"}, {in, in}), Contains("x\\nadd\""));
}

TEST_CASE("names stay within their quotes", "[dot]") {
  test::NetworkBuilder net{"a \"b\" \\ c"};
  net.add_named("say \"hi\"\\N\n]; evil -> node", Input{{1, 1, 1}}, {});
  const std::string dot = to_dot(net.graph());
  CHECK(dot.find("digraph \"a \\\"b\\\" \\\\ c\" {\n") == 0);
  CHECK(dot.find("n0 [label=\"say \\\"hi\\\"\\\\N\\n]; evil -> node\\ninput\", fillcolor") != std::string::npos);
}

}  // namespace crossweave
