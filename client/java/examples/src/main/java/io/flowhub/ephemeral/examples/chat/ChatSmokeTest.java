package io.flowhub.ephemeral.examples.chat;

import java.util.UUID;

/** Checks a chat over two gateways of one Ephemeral: alice is on the first, bob on the second, in the same room. */
public final class ChatSmokeTest {

    /** @param args the two gateways, {@code localhost:8001} and {@code localhost:8003} by default */
    public static void main(String[] args) throws Exception {
        String first = args.length > 1 ? args[0] : "localhost:8001";
        String second = args.length > 1 ? args[1] : "localhost:8003";
        String id = UUID.randomUUID().toString().substring(0, 8); // Separate from other runs.
        String room = "kitchen-" + id;
        String alice = "alice-" + id;
        String bob = "bob-" + id;

        ChatUser onFirst = new ChatUser(first, room, alice);
        expect("alice joins on the first gateway", onFirst.receives("online " + alice, 15));
        ChatUser onSecond = new ChatUser(second, room, bob);
        expect("bob joins on the second gateway: alice sees bob online", onFirst.receives("online " + bob, 15));
        expect("bob sees alice online", onSecond.receives("online " + alice, 15));

        onFirst.send("send hello, bob");
        expect("a message of alice reaches bob", onSecond.receives("message " + alice + " hello, bob", 5));
        onSecond.send("send hello, alice");
        expect("a message of bob reaches alice", onFirst.receives("message " + bob + " hello, alice", 5));

        onSecond.send("typing");
        expect("alice sees bob typing", onFirst.receives("typing " + bob, 5));
        expect("bob's typing indicator expires", onFirst.receives("typing ", 6));
        expect("bob does not see bob typing", !onSecond.hasReceived("typing " + bob));

        onFirst.abort();
        expect("alice's connection breaks: bob sees alice offline", onSecond.receives("offline " + alice, 15));
        ChatUser again = new ChatUser(second, room, alice);
        expect("alice reconnects on the second gateway", onSecond.receives("online " + alice, 15));
        again.send("send back");
        expect("a message of alice reaches bob again", onSecond.receives("message " + alice + " back", 5));

        System.out.println("chat works");
        System.exit(0);
    }

    private static void expect(String step, boolean holds) {
        System.out.println((holds ? "ok      " : "FAILED  ") + step);
        if (!holds) {
            System.exit(1);
        }
    }

    private ChatSmokeTest() {}
}
