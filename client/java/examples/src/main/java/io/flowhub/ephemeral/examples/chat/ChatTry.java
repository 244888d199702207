package io.flowhub.ephemeral.examples.chat;

import java.util.UUID;

/** Tries two gateways of one Ephemeral: alice is on the first, bob on the second, and they meet in a room. */
public final class ChatTry {

    /** @param args the two gateways, {@code localhost:8001} and {@code localhost:8003} if none are given */
    public static void main(String[] args) throws Exception {
        String first = args.length > 1 ? args[0] : "localhost:8001";
        String second = args.length > 1 ? args[1] : "localhost:8003";
        String id = UUID.randomUUID().toString().substring(0, 8); // Another try does not meet this one.
        String room = "kitchen-" + id;
        String alice = "alice-" + id;
        String bob = "bob-" + id;

        ChatUser onFirst = new ChatUser(first, room, alice);
        expect("alice joins on the first gateway", onFirst.hears("online " + alice, 15));
        ChatUser onSecond = new ChatUser(second, room, bob);
        expect("bob joins on the second, alice sees him", onFirst.hears("online " + bob, 15));
        expect("bob sees alice", onSecond.hears("online " + alice, 15));

        onFirst.send("say hello, bob");
        expect("what alice says reaches bob", onSecond.hears("message " + alice + " hello, bob", 5));
        onSecond.send("say hello, alice");
        expect("and back", onFirst.hears("message " + bob + " hello, alice", 5));

        onSecond.send("typing");
        expect("alice sees that bob types", onFirst.hears("typing " + bob, 5));
        expect("and that he stopped, which he did not say", onFirst.hears("typing ", 6));

        onFirst.vanish();
        expect("alice's connection breaks, bob sees her go", onSecond.hears("offline " + alice, 15));
        ChatUser again = new ChatUser(second, room, alice);
        expect("alice comes back on the second gateway", onSecond.hears("online " + alice, 15));
        again.send("say back");
        expect("and is heard", onSecond.hears("message " + alice + " back", 5));

        System.out.println("all is well");
        System.exit(0);
    }

    private static void expect(String step, boolean holds) {
        System.out.println((holds ? "ok      " : "FAILED  ") + step);
        if (!holds) {
            System.exit(1);
        }
    }

    private ChatTry() {}
}
