// Is a ring of waiting found, and told from where it begins?
#include "models/wait_graph.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace crossweave {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("who waits in a chain waits in no ring", "[wait_graph]") {
  WaitGraph graph;
  CHECK(graph.ring().empty());
  graph.add("a", "b", "first");
  graph.add("b", "c", "second");
  graph.add("a", "c", "third");
  CHECK(graph.ring().empty());
}

TEST_CASE("a ring is told in order, the shortest one", "[wait_graph]") {
  WaitGraph graph;
  graph.add("outside", "a", "x");
  graph.add("a", "b", "ab");
  graph.add("b", "c", "bc");
  graph.add("c", "d", "cd");
  graph.add("d", "a", "da");
  graph.add("c", "a", "ca");
  CHECK(graph.ring() == Lines{"a waits for b: ab", "b waits for c: bc", "c waits for a: ca"});
}

TEST_CASE("who waits for itself is a ring", "[wait_graph]") {
  WaitGraph graph;
  graph.add("a", "b", "x");
  graph.add("b", "b", "y");
  CHECK(graph.ring() == Lines{"b waits for b: y"});
}

}  // namespace
}  // namespace crossweave
