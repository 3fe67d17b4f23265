// SPDX-License-Identifier: Apache-2.0
#include "console/web/token_store.hpp"

namespace tmplbuild::console {

void TokenStore::start() {
    reader_.ask(reader_question_, [this](const ChildEnd& end) {
        read_ = true;
        if (end.late) {
            problem_ = "the volume did not answer within 2 s";
        } else if (!end.ok()) {
            problem_ = "the volume cannot be read";
        } else if (const auto taken = end.text.empty() ? Result<void>() : tokens_.take_over(end.text); !taken) {
            problem_ = taken.error().message;
        } else {
            problem_.clear();
        }
    });
}

void TokenStore::refresh() {
    if (!problem_.empty() && tokens_.all().empty() && !reader_.is_busy()) start();
}

void TokenStore::keep(std::function<void(const std::string&)> done) {
    // Writing now would drop the tokens of earlier starts, which could not be read.
    if (!problem_.empty()) return done(problem_);
    if (writer_.is_busy()) return done("the volume did not answer to the change before");
    ChildQuestion question = writer_question_;
    question.input = tokens_.keep();
    writer_.ask(question, [done = std::move(done)](const ChildEnd& end) {
        done(end.late   ? "the volume did not answer within 2 s"
             : end.ok() ? ""
                        : "nothing can be written to the volume");
    });
}

}  // namespace tmplbuild::console
