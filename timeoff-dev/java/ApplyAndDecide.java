import java.io.IOException;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;

import timeoff.api.ApplicationsApi;
import timeoff.api.CommandsApi;
import timeoff.api.PeopleApi;
import timeoff.client.ApiClient;
import timeoff.client.ApiException;
import timeoff.client.ApiResponse;
import timeoff.model.Application;
import timeoff.model.ApplicationState;
import timeoff.model.ApplicationWithHistory;
import timeoff.model.CommandStatus;
import timeoff.model.DepartmentName;
import timeoff.model.NewApplication;
import timeoff.model.NewDecision;
import timeoff.model.Problem;
import timeoff.model.Queued;
import timeoff.model.Verdict;

/**
 * An employee applies for leave, and an approver decides, both with the client that a generator has made of the API's
 * description: it knows all addresses, fields and headers, except for the headers of answers.
 *
 * <pre>
 * ADDRESS EMPLOYEE APPROVER   the service, such as http://127.0.0.1:8080, and two e-mail addresses
 *   → a line for each answer
 * </pre>
 */
public final class ApplyAndDecide {
    public static void main(String[] args) throws ApiException {
        ApiClient employee = client(args[0], args[1]);
        ApiClient approver = client(args[0], args[2]);
        String id = apply(new ApplicationsApi(employee));
        decide(new ApplicationsApi(approver), new CommandsApi(approver), id);
        list(new ApplicationsApi(employee), new PeopleApi(employee));
        // The client's threads would be waited for.
        System.exit(0);
    }

    private static ApiClient client(String address, String email) {
        ApiClient client = new ApiClient();
        client.setBasePath(address);
        client.setUsername(email);
        client.setPassword("any");
        // Longer than the service waits for anything.
        client.setReadTimeout(90_000);
        return client;
    }

    /** Returns the application's id. */
    private static String apply(ApplicationsApi applications) throws ApiException {
        NewApplication leave =
                new NewApplication().hours(16L).start(LocalDate.of(2027, 7, 1)).department(DepartmentName.IT);
        ApiResponse<Queued> answer = applications.submitApplicationWithHttpInfo(leave, "summer");
        Queued queued = answer.getData();
        say("queued", queued.getState());
        Queued again = applications.submitApplication(leave, "summer");
        say("sent again", again.getId().equals(queued.getId()) ? "the same" : again.getId());

        ApplicationWithHistory found = applications.getApplication(queued.getId(), header(answer, "TimeOff-Position"));
        say("read", found.getState(), found.getHours(), found.getStart(), found.getDecision());
        return queued.getId();
    }

    private static void decide(ApplicationsApi applications, CommandsApi commands, String id) throws ApiException {
        String version = header(applications.getApplicationWithHttpInfo(id, null), "ETag");
        NewDecision approval = new NewDecision().outcome(Verdict.APPROVE).comment("Enjoy!");
        ApiResponse<CommandStatus> answer =
                applications.decideApplicationWithHttpInfo(id, approval, "yes", "wait=60", version, null);
        CommandStatus command = answer.getData();
        say("decided", answer.getStatusCode(), command.getState(), command.getEvent().getType());
        say("command", commands.getCommand(command.getId(), null).getState());

        ApplicationWithHistory found = applications.getApplication(id, null);
        say("read", found.getState(), found.getDecision().getBy(), found.getDecision().getComment());
        say("history", found.getVersion(), found.getHistory().get(0).getType());

        try {
            NewDecision refusal = new NewDecision().outcome(Verdict.DECLINE);
            applications.decideApplication(id, refusal, null, "wait=60", version, null);
        } catch (ApiException refused) {
            say("refused", refused.getCode(), problem(refused).getTitle());
        }
    }

    private static void list(ApplicationsApi applications, PeopleApi people) throws ApiException {
        List<Application> approved = applications
                .listApplications(ApplicationState.APPROVED, DepartmentName.IT, null, null, null, 10, null, null)
                .getApplications();
        say("approved", approved.size(), approved.get(0).getEmail());
        say("departments", people.listDepartments().getDepartments().size());
    }

    private static Problem problem(ApiException refused) {
        try {
            return Problem.fromJson(refused.getResponseBody());
        } catch (IOException wrong) {
            throw new IllegalStateException(refused.getResponseBody(), wrong);
        }
    }

    private static String header(ApiResponse<?> answer, String name) {
        for (Map.Entry<String, List<String>> header : answer.getHeaders().entrySet()) {
            if (header.getKey().equalsIgnoreCase(name)) {
                return header.getValue().get(0);
            }
        }
        throw new IllegalStateException("The answer has no " + name);
    }

    private static void say(String what, Object... facts) {
        System.out.print(what + ":");
        for (Object fact : facts) {
            System.out.print(" " + fact);
        }
        System.out.println();
    }
}
