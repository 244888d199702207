// Command conformance is the driver of the Go client for the runner in client/conformance, whose README describes the
// lines that it reads and writes.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/flowhub/ephemeral/client/go/ephemeral"
	"github.com/flowhub/ephemeral/client/go/ephemeralv1"
	"github.com/flowhub/ephemeral/client/go/ratelimit"
)

type object = map[string]any

// arguments of all operations.
type arguments struct {
	Target         string
	DeadlineMS     int    `json:"deadline_ms"`
	MaxCacheWaitMS int    `json:"max_cache_wait_ms"`
	CA             string `json:"ca"`
	TokenFile      string `json:"token_file"`
	Method         string
	Request        json.RawMessage
	Kind, Key      string
	Loads          struct {
		Value   *string
		Error   bool
		DelayMS int `json:"delay_ms"`
	}
	Handle, User, Connection string
	Users, Rooms, IDs        []string
	Text, Action             string
	OnUnavailable            string `json:"on_unavailable"`
}

type driver struct {
	client *ephemeral.Client

	writing sync.Mutex
	output  *json.Encoder

	mutex   sync.Mutex
	handles map[string]*handle
}

// handle is heartbeats or a watch, and the goroutine that writes its events.
type handle struct {
	heartbeats *ephemeral.Heartbeats
	watch      interface {
		Add(ids ...string) error
		Remove(ids ...string)
	}
	close func()
	done  chan struct{}

	reading sync.Mutex // Held while the reader is paused.
}

func main() {
	d := &driver{output: json.NewEncoder(os.Stdout), handles: map[string]*handle{}}
	d.output.SetEscapeHTML(false)
	input := bufio.NewReader(os.Stdin)
	var running sync.WaitGroup
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			break
		}
		var request struct {
			ID   json.Number
			Op   string
			Args arguments
		}
		if err := json.Unmarshal(line, &request); err != nil {
			fmt.Fprintln(os.Stderr, "request:", err)
			continue
		}
		answer := func() {
			result, err := d.run(request.Op, request.Args)
			if err != nil {
				d.write(object{"id": request.ID, "error": describe(err)})
				return
			}
			d.write(object{"id": request.ID, "result": result})
		}
		if request.Op == "call" || request.Op == "read_through" || request.Op == "limit" {
			running.Add(1)
			go func() {
				defer running.Done()
				answer()
			}()
		} else {
			answer() // In the order of the requests.
		}
	}
	if d.client != nil {
		_ = d.client.Close()
	}
	running.Wait()
}

func (d *driver) run(op string, args arguments) (object, error) {
	ctx := context.Background()
	switch op {
	case "connect":
		return object{}, d.connect(args)
	case "call":
		return d.call(ctx, args)
	case "read_through":
		return d.readThrough(ctx, args)
	case "evict":
		evicted, err := d.cache(args.Kind).Evict(ctx, args.Key)
		return object{"evicted": evicted}, err
	case "heartbeats":
		return object{}, d.heartbeats(ctx, args.Handle)
	case "heartbeat_add":
		d.handle(args.Handle).heartbeats.Add(args.User, args.Connection)
	case "heartbeat_remove":
		d.handle(args.Handle).heartbeats.Remove(args.User, args.Connection)
	case "watch_presence":
		watch, err := d.client.WatchPresence(ctx, args.Users...)
		return object{}, start(d, args.Handle, watch, err)
	case "watch_typing":
		watch, err := d.client.WatchTyping(ctx, args.Rooms...)
		return object{}, start(d, args.Handle, watch, err)
	case "subscribe":
		watch, err := d.client.Subscribe(ctx, args.Rooms...)
		return object{}, start(d, args.Handle, watch, err)
	case "watch_add":
		return object{}, d.handle(args.Handle).watch.Add(args.IDs...)
	case "watch_remove":
		d.handle(args.Handle).watch.Remove(args.IDs...)
	case "pause":
		d.handle(args.Handle).reading.Lock()
	case "resume":
		d.handle(args.Handle).reading.Unlock()
	case "close_handle":
		h := d.handle(args.Handle)
		h.close()
		<-h.done
	case "escape_id":
		id, err := ephemeral.EscapeID(args.Text)
		if err != nil {
			return nil, &ephemeral.Error{Code: codes.InvalidArgument, Message: err.Error()}
		}
		return object{"id": id}, nil
	case "limit":
		return d.limit(ctx, args), nil
	case "close":
		return object{}, d.client.Close()
	default:
		return nil, &ephemeral.Error{Code: codes.Unimplemented, Message: op}
	}
	return object{}, nil
}

func (d *driver) connect(args arguments) error {
	options := []ephemeral.Option{
		ephemeral.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, nil))),
	}
	if args.CA == "" {
		options = append(options, ephemeral.WithPlaintext())
	} else {
		pem, err := os.ReadFile(args.CA)
		if err != nil {
			return err
		}
		authorities := x509.NewCertPool()
		authorities.AppendCertsFromPEM(pem)
		options = append(options, ephemeral.WithTLS(&tls.Config{RootCAs: authorities}))
	}
	if args.TokenFile != "" {
		options = append(options, ephemeral.WithTokenFile(args.TokenFile))
	}
	if args.DeadlineMS > 0 {
		options = append(options, ephemeral.WithDeadline(time.Duration(args.DeadlineMS)*time.Millisecond))
	}
	if args.MaxCacheWaitMS > 0 {
		options = append(options, ephemeral.WithMaxCacheWait(time.Duration(args.MaxCacheWaitMS)*time.Millisecond))
	}
	var err error
	d.client, err = ephemeral.New(args.Target, options...)
	return err
}

func (d *driver) call(ctx context.Context, args arguments) (object, error) {
	service, method, _ := strings.Cut(args.Method, "/")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(
		protoreflect.FullName("flowhub.ephemeral.v1." + service))
	if err != nil {
		return nil, err
	}
	rpc := found.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(method))
	if rpc == nil {
		return nil, fmt.Errorf("no method %s", args.Method)
	}
	request, err := newMessage(rpc.Input())
	if err != nil {
		return nil, err
	}
	if err := protojson.Unmarshal(args.Request, request); err != nil {
		return nil, err
	}
	response, err := newMessage(rpc.Output())
	if err != nil {
		return nil, err
	}
	if args.DeadlineMS > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(args.DeadlineMS)*time.Millisecond)
		defer cancel()
	}
	path := fmt.Sprintf("/%s/%s", found.FullName(), method)
	if err := d.client.Conn().Invoke(ctx, path, request, response); err != nil {
		return nil, err
	}
	content, err := protojson.MarshalOptions{EmitDefaultValues: true, UseProtoNames: true}.Marshal(response)
	return object{"response": json.RawMessage(content)}, err
}

func newMessage(of protoreflect.MessageDescriptor) (proto.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(of.FullName())
	if err != nil {
		return nil, err
	}
	return kind.New().Interface(), nil
}

func (d *driver) readThrough(ctx context.Context, args arguments) (object, error) {
	isLoaded := false
	value, found, err := d.cache(args.Kind).Get(ctx, args.Key,
		func(context.Context, string) (string, bool, error) {
			isLoaded = true
			time.Sleep(time.Duration(args.Loads.DelayMS) * time.Millisecond)
			if args.Loads.Error {
				return "", false, errors.New("as requested")
			}
			if args.Loads.Value == nil {
				return "", false, nil
			}
			return *args.Loads.Value, true, nil
		})
	if err != nil {
		return nil, err
	}
	if !found {
		return object{"value": nil, "loaded": isLoaded}, nil
	}
	return object{"value": value, "loaded": isLoaded}, nil
}

func (d *driver) cache(kind string) *ephemeral.ReadThrough {
	if kind == "products" {
		return d.client.Products()
	}
	return d.client.Users()
}

func (d *driver) limit(ctx context.Context, args arguments) object {
	policy := ratelimit.Open
	if args.OnUnavailable == "closed" {
		policy = ratelimit.Closed
	}
	options := []ratelimit.Option{ratelimit.OnUnavailable(policy)}
	if args.DeadlineMS > 0 {
		options = append(options, ratelimit.Deadline(time.Duration(args.DeadlineMS)*time.Millisecond))
	}
	decision := ratelimit.New(d.client, args.Action, options...).Check(ctx, args.User)
	headers := object{}
	for name, values := range decision.Header() {
		headers[name] = values[0]
	}
	return object{"status": decision.Status(), "headers": headers}
}

func (d *driver) heartbeats(ctx context.Context, name string) error {
	heartbeats, err := d.client.Heartbeats(ctx)
	if err != nil {
		return err
	}
	h := &handle{heartbeats: heartbeats, close: heartbeats.Close}
	forward(d, name, h, heartbeats.Events())
	return nil
}

func start[E any](d *driver, name string, watch *ephemeral.Watch[E], err error) error {
	if err != nil {
		return err
	}
	h := &handle{watch: watch, close: watch.Close}
	forward(d, name, h, watch.Events())
	return nil
}

// forward writes the events of a handle.
func forward[E any](d *driver, name string, h *handle, events <-chan E) {
	h.done = make(chan struct{})
	d.mutex.Lock()
	d.handles[name] = h
	d.mutex.Unlock()
	go func() {
		defer close(h.done)
		for event := range events {
			if line := describeEvent(event); line != nil {
				line["handle"] = name
				d.write(line)
			}
			h.waitWhilePaused()
		}
	}()
}

func (h *handle) waitWhilePaused() {
	h.reading.Lock()
	defer h.reading.Unlock()
}

func describeEvent(event any) object {
	switch e := event.(type) {
	case ephemeral.Online:
		return object{"event": "online", "user": e.User}
	case ephemeral.Offline:
		return object{"event": "offline", "user": e.User}
	case ephemeral.Typing:
		return object{"event": "typing", "room": e.Room, "users": append([]string{}, e.Users...)}
	case ephemeral.Message:
		payload := base64.StdEncoding.EncodeToString(e.Payload)
		return object{"event": "message", "room": e.Room, "sender": e.Sender, "payload": payload}
	case ephemeral.Gap:
		line := object{"event": "gap", "room": nil, "missed": nil}
		if e.Room != "" {
			line["room"] = e.Room
		}
		if e.Lost >= 0 {
			line["missed"] = e.Lost
		}
		return line
	case ephemeral.Subscribed:
		return object{"event": "subscribed", "rooms": e.Rooms}
	case ephemeral.Stale:
		return object{"event": "stale"}
	case ephemeral.Resynced:
		return object{"event": "resynced"}
	case ephemeral.Rejected:
		return object{"event": "rejected", "user": e.User, "reason": reasonName(e.Reason)}
	default: // Such as Disconnected: the scenarios expect what an application acts on.
		return nil
	}
}

func describe(err error) object {
	var load *ephemeral.LoadError
	if errors.As(err, &load) {
		return object{"code": "LOAD", "message": err.Error()}
	}
	failure := ephemeral.ErrorOf(err)
	line := object{
		"code": codeName(failure.Code), "reason": nil, "retry_delay_ms": nil, "metadata": failure.Metadata,
		"message": failure.Message,
	}
	if failure.Reason != ephemeralv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		line["reason"] = reasonName(failure.Reason)
	}
	if delay, ok := failure.RetryDelay(); ok {
		line["retry_delay_ms"] = delay.Milliseconds()
	}
	return line
}

func reasonName(reason ephemeralv1.ErrorReason) string {
	return strings.TrimPrefix(reason.String(), "ERROR_REASON_")
}

// codeName turns DeadlineExceeded into DEADLINE_EXCEEDED.
func codeName(code codes.Code) string {
	if code == codes.Canceled {
		return "CANCELLED"
	}
	var name strings.Builder
	for i, char := range code.String() {
		if i > 0 && char >= 'A' && char <= 'Z' && code != codes.OK {
			name.WriteByte('_')
		}
		name.WriteRune(char)
	}
	return strings.ToUpper(name.String())
}

func (d *driver) handle(name string) *handle {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.handles[name]
}

func (d *driver) write(line object) {
	d.writing.Lock()
	defer d.writing.Unlock()
	if err := d.output.Encode(line); err != nil {
		fmt.Fprintln(os.Stderr, "write:", err)
	}
}
