// SPDX-License-Identifier: Apache-2.0
// The table of the launcher's states as its readers get it: docs/launcher-states.md is printed from the code.
// TMPLBUILD_ACCEPT=1 writes it anew.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "supervisor/table_watch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::launch;

namespace {

std::string padded(std::string text, std::size_t width) {
    std::size_t letters = 0;  // not bytes: `·` has two
    for (const char c : text)
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++letters;
    if (letters < width) text.append(width - letters, ' ');
    return text;
}

std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

// Events down, states across.
template <typename State, typename What, typename Move>
std::string matrix() {
    std::size_t first = 0;
    for (const auto& event : event_words(What{})) first = std::max(first, std::string(event.name).size() + 2);
    std::vector<std::size_t> widths;
    std::string out = padded("", first);
    for (unsigned s = 0; s < states_of(State{}); ++s) {
        std::size_t width = std::string(to_string(static_cast<State>(s))).size();
        for (const auto& event : event_words(What{})) {
            const Move move = move_of(static_cast<State>(s), event.value);
            if (move != Move::none) width = std::max(width, std::string(meaning_of(move).name).size());
        }
        widths.push_back(width + 2);
        out += padded(to_string(static_cast<State>(s)), width + 2);
    }
    out = trimmed(out);
    for (const auto& event : event_words(What{})) {
        std::string line = padded(event.name, first);
        for (unsigned s = 0; s < states_of(State{}); ++s)
            line += padded(meaning_of(move_of(static_cast<State>(s), event.value)).name, widths[s]);
        out += trimmed(line);
    }
    return "```\n" + out + "```\n";
}

template <typename State, typename What, typename Move>
std::string section(const std::string& title) {
    std::string out = "\n## " + title + "\n\n" + matrix<State, What, Move>();
    out += "\n| what happens | that is |\n| --- | --- |\n";
    for (const auto& event : event_words(What{})) out += std::string("| ") + event.name + " | " + event.words + " |\n";
    out += "\n| what is done | that is | may lead to |\n| --- | --- | --- |\n";
    for (const auto& move : move_words(Move{})) {
        std::string states;
        for (unsigned s = 0; s < states_of(State{}); ++s)
            if ((move.leads_to >> s & 1U) != 0)
                states += (states.empty() ? "" : ", ") + std::string(to_string(static_cast<State>(s)));
        out += std::string("| ") + move.name + " | " + move.words + " | " + states + " |\n";
    }
    return out;
}

const std::string head = R"(# The launcher's states

What can happen to a pod, to each of its services and to each of its kernels, and what is done then. A unit test prints
this page from `runtime/supervisor/transition_table.cpp`, by which `transition()` works; other tests let random pods
live and find that nothing else changes a state, and that each entry is really met; a row that is the same in every
state has to be met in one of them. `·`: nothing is done. An entry may have conditions of its own, which its words name;
one of them is everybody's: an event that comes too late, since the process that it is about is no longer there, is not
heard. While the pod stops nothing is done about a kernel but `end work`. "Time" comes by the launcher's clock.
)";

}  // namespace

TEST_CASE("the page about the launcher's states is what the code does") {
    const std::string text = head + section<Phase, ServiceEvent, ServiceMove>("A service") +
                             section<Mode, PodEvent, PodMove>("The pod") +
                             section<KernelPhase, KernelEvent, KernelMove>("A kernel");
    const std::string file = std::string(PROJECT_ROOT) + "/docs/launcher-states.md";
    if (std::getenv("TMPLBUILD_ACCEPT") != nullptr) std::ofstream(file) << text;
    std::ostringstream expected;
    expected << std::ifstream(file).rdbuf();
    CHECK(text == expected.str());
}
