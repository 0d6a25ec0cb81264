// SPDX-License-Identifier: Apache-2.0
#include "programs/explain_command.h"

#include <cstdio>
#include <vector>

#include "ldapauth/client.h"
#include "loop/loop.h"
#include "loop/task_group.h"
#include "programs/explanation_text.h"

namespace mailtree::programs {
namespace {

using ldapauth::Explain;
using ldapauth::Explanation;
using ldapauth::Question;

loop::Task<void> ask(loop::Loop& loop, ldapauth::Client& client, const std::vector<Explain>& requests,
                     std::vector<Explanation>& answers) {
  [[maybe_unused]] const int frame = 0;
  for (const Explain& request : requests) {
    Explanation answer = co_await client.explain(request);
    answers.push_back(std::move(answer));
  }
  loop.stop();
}

}  // namespace

int explain(const config::Settings& settings, const ExplainQuestion& question) {
  std::vector<Explain> requests;
  Explain request;
  request.name = question.name;
  request.sender = question.sender;
  if (question.recipient) requests.push_back(request);
  request.question = Question::login;
  if (question.login) requests.push_back(request);
  std::vector<Explanation> answers;
  loop::Loop loop;
  {
    ldapauth::Client client(loop, settings.socket("ldapauth"));
    loop::TaskGroup tasks(loop);
    tasks.spawn(ask(loop, client, requests, answers));
    if (tasks.size() > 0) loop.run();
  }
  for (int round = 0; round < 3; ++round) loop.run_once();  // closing handles need a turn
  bool good = answers.size() == requests.size();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    good = good && is_good(requests[i], answers[i]);
    const std::string text =
        question.json ? explanation_json(requests[i], answers[i]) + "\n" : explanation_text(requests[i], answers[i]);
    std::fputs(text.c_str(), stdout);
  }
  return good ? 0 : 1;
}

}  // namespace mailtree::programs
