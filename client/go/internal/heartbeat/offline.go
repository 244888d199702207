package heartbeat

// The calls of SetOffline at a time.
const maxOfflineInFlight = 64

// offlineNotifier sends SetOffline for removed keys. A failed call is not repeated: the user goes offline anyway when the
// last heartbeat expires. Confined to the loop.
type offlineNotifier struct {
	setOffline func(key Key, onEnd func()) // Calls onEnd on the loop.
	onReadd    func(Key)                   // Receives a key that was added again, once its heartbeats may restart.
	order      []Key
	waiting    map[Key]struct{}
	inFlight   map[Key]struct{}
	toReadd    map[Key]struct{}
}

func newOfflineNotifier(setOffline func(Key, func()), onReadd func(Key)) *offlineNotifier {
	return &offlineNotifier{
		setOffline: setOffline,
		onReadd:    onReadd,
		waiting:    map[Key]struct{}{},
		inFlight:   map[Key]struct{}{},
		toReadd:    map[Key]struct{}{},
	}
}

func (o *offlineNotifier) add(key Key) {
	if _, ok := o.waiting[key]; !ok {
		o.waiting[key] = struct{}{}
		o.order = append(o.order, key)
	}
	o.sendNext()
}

func (o *offlineNotifier) isIdle() bool {
	return len(o.waiting) == 0 && len(o.inFlight) == 0
}

// cancelAndReadd adds the key again: at once, or after a call in flight, which could otherwise disconnect it afterwards.
func (o *offlineNotifier) cancelAndReadd(key Key) {
	delete(o.waiting, key)
	if _, ok := o.inFlight[key]; ok {
		o.toReadd[key] = struct{}{}
		return
	}
	o.onReadd(key)
}

// cancelReadd: the key was removed again before its call ended.
func (o *offlineNotifier) cancelReadd(key Key) {
	delete(o.toReadd, key)
}

func (o *offlineNotifier) sendNext() {
	for len(o.order) > 0 && len(o.inFlight) < maxOfflineInFlight {
		key := o.order[0]
		o.order = o.order[1:]
		if _, ok := o.waiting[key]; !ok {
			continue // Cancelled.
		}
		delete(o.waiting, key)
		o.inFlight[key] = struct{}{}
		o.setOffline(key, func() { o.onEnded(key) })
	}
}

func (o *offlineNotifier) onEnded(key Key) {
	delete(o.inFlight, key)
	if _, ok := o.toReadd[key]; ok {
		delete(o.toReadd, key)
		o.onReadd(key)
	}
	o.sendNext()
}
