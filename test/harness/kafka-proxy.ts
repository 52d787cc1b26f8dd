/**
 * A TCP proxy in front of one broker that understands Kafka's frames and loses them on demand: what the adapter's
 * promises are tested against. Clients stay behind it, because the broker's address is rewritten in what it answers.
 */
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'

export const API = { produce: 0, metadata: 3, findCoordinator: 10, addPartitionsToTxn: 24, endTxn: 26 } as const
export type ApiName = keyof typeof API

/**
 * `request`: the connection breaks before the broker gets it. `response`: the broker does it, the connection breaks
 * instead of the answer. `silence`: the answer never comes, the connection stays.
 */
export type Loss = 'request' | 'response' | 'silence'

interface Fault {
  readonly api: ApiName
  readonly loss: Loss
  /** Matching frames to let through first. */
  skip: number
  times: number
}

export class KafkaProxy {
  readonly #server: Server
  readonly #target: number
  readonly #sockets = new Set<Socket>()
  #faults: Fault[] = []
  #hits = 0
  #isSilent = false

  static async start(brokers: string): Promise<KafkaProxy> {
    const proxy = new KafkaProxy(Number(brokers.split(':')[1]))
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((client) => {
      this.#pair(client)
    })
  }

  get brokers(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** How many frames were lost so far. */
  get hits(): number {
    return this.#hits
  }

  lose(api: ApiName, loss: Loss, { skip = 0, times = 1 } = {}): void {
    this.#faults.push({ api, loss, skip, times })
  }

  /** From now on nothing is answered at all, and nothing is closed: a dead cluster behind a live address. */
  silence(): void {
    this.#isSilent = true
  }

  heal(): void {
    this.#faults = []
    this.#isSilent = false
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  #pair(client: Socket): void {
    const broker = connect(this.#target, '127.0.0.1')
    const apis = new Map<number, number>()
    const cut = (): void => {
      client.destroy()
      broker.destroy()
    }
    for (const socket of [client, broker]) {
      this.#sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        cut()
      })
    }
    onFrames(client, (frame) => {
      const api = frame.readInt16BE(4)
      apis.set(frame.readInt32BE(8), api)
      if (this.#take(api, 'request')) cut()
      else broker.write(frame)
    })
    onFrames(broker, (frame) => {
      const api = apis.get(frame.readInt32BE(4)) ?? -1
      if (this.#isSilent || this.#take(api, 'silence')) return
      if (this.#take(api, 'response')) cut()
      else client.write(api === API.metadata || api === API.findCoordinator ? this.#rewritten(frame) : frame)
    })
  }

  #take(api: number, loss: Loss): boolean {
    const fault = this.#faults.find((f) => API[f.api] === api && f.loss === loss && f.times > 0)
    if (fault === undefined) return false
    if (fault.skip > 0) {
      fault.skip -= 1
      return false
    }
    fault.times -= 1
    this.#hits += 1
    return true
  }

  /** The broker's own host and port, wherever they stand in the frame, become the proxy's. */
  #rewritten(frame: Buffer): Buffer {
    const host = Buffer.from('\0\u0009127.0.0.1')
    for (let at = frame.indexOf(host); at >= 0; at = frame.indexOf(host, at + 1)) {
      const portAt = at + host.length
      if (frame.readInt32BE(portAt) === this.#target) frame.writeInt32BE(this.#port, portAt)
    }
    return frame
  }
}

/** Calls back with each whole frame, its length prefix included. */
function onFrames(socket: Socket, take: (frame: Buffer) => void): void {
  let waiting = Buffer.alloc(0)
  socket.on('data', (data) => {
    waiting = Buffer.concat([waiting, data])
    while (waiting.length >= 4 && waiting.length >= 4 + waiting.readInt32BE(0)) {
      const end = 4 + waiting.readInt32BE(0)
      const frame = Buffer.from(waiting.subarray(0, end))
      waiting = waiting.subarray(end)
      take(frame)
    }
  })
}
