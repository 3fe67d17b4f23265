// SPDX-License-Identifier: Apache-2.0
// The command doctor: what this machine has and lacks of what builds need, each with the command that mends it.
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "engine/machine_report.hpp"

namespace tmplbuild::cli {

namespace {

using State = MachineFinding::State;

Result<void> own_programs() {
    try {
        (void)image_programs();
        (void)sandbox_init_file();
        (void)nvcc_front_file();
        return {};
    } catch (const BuildError& missing) {
        return missing.errors().front();
    }
}

const char* word_of(State state) { return state == State::good ? "good" : state == State::weak ? "weak" : "missing"; }

void print(const MachineFinding& one) {
    print_row({{one.state == State::good   ? "ok"
                : one.state == State::weak ? "WEAK"
                                           : "MISSING",
                8},
               {one.what, 24},
               {one.detail}});
    if (one.state == State::good) return;
    print_row({{"", 8}, {"", 24}, {"needed for: " + one.serves}});
    print_row({{"", 8}, {"", 24}, {"to mend it: " + one.fix}});
}

}  // namespace

int run_doctor(const Options& options, Progress& progress, std::stop_token stop) {
    std::vector<MachineFinding> findings;
    io::SystemProcessRunner processes;
    io::HttpClient http;
    if (const auto store = Store::open(Store::default_root()))
        findings = look_at_machine(own_programs(), {*store, processes, http, progress, std::move(stop)});
    else
        findings = {no_store(store.error())};
    bool lacks = false;
    json::array rows;
    for (const MachineFinding& one : findings) {
        lacks = lacks || one.state == State::missing;
        rows.push_back(json::object{{"what", one.what},
                                    {"state", word_of(one.state)},
                                    {"detail", one.detail},
                                    {"needed_for", one.serves},
                                    {"fix", one.fix}});
        if (!options.json) print(one);
    }
    if (options.json) print_json(rows);
    return lacks ? exit_code(ErrorKind::machine) : 0;
}

}  // namespace tmplbuild::cli
