/**
 * A TCP proxy in front of an OPC UA server that loses answers on demand. Requests always reach the server, so it has
 * done, and forgotten, what the client never hears of.
 *
 * It understands the frames of the transport (OPC UA Part 6 §7.1) and, as long as nothing is encrypted, to which
 * service a message belongs. Encrypted messages are `other`.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Random } from '../../src/simulator/random.ts'

/** What an answer is to. `hello` and `open` set up the connection, the rest are services. */
export type Phase =
  'hello' | 'open' | 'create-session' | 'activate-session' | 'read' | 'browse' | 'history-read' | 'other'

/** `cut`: the connection breaks instead. `silence`: it stays, and nothing is delivered on it any more, either way. */
export type Loss = 'cut' | 'silence'

export interface OpcUaProxyOptions {
  /** For each answer to a HistoryRead: the connection is cut instead of delivering it. Default 0. */
  readonly dropProbability?: number
  readonly seed?: number
}

interface Fault {
  readonly phase: Phase
  readonly loss: Loss
  /** Matching answers to let through first. */
  skip: number
  times: number
}

/** By the numeric id of the request's binary encoding, namespace 0. */
const PHASE_OF_REQUEST: ReadonlyMap<number, Phase> = new Map([
  [461, 'create-session'],
  [467, 'activate-session'],
  [527, 'browse'],
  [631, 'read'],
  [664, 'history-read'],
])

export class OpcUaProxy {
  readonly #server: Server
  readonly #target: number
  readonly #sockets = new Set<Socket>()
  readonly #dice: Random
  #faults: Fault[] = []
  #dropProbability: number
  #delayMs = 0
  #isSilent = false
  #hits = 0

  static async start(target: number, options: OpcUaProxyOptions = {}): Promise<OpcUaProxy> {
    const proxy = new OpcUaProxy(target, options)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  private constructor(target: number, { dropProbability = 0, seed = 1 }: OpcUaProxyOptions) {
    this.#target = target
    this.#dropProbability = dropProbability
    this.#dice = new Random(seed)
    this.#server = createServer((client) => {
      this.#pair(client)
    })
  }

  get endpoint(): string {
    return `opc.tcp://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`
  }

  /** Answers lost and connections gone silent so far. */
  get hits(): number {
    return this.#hits
  }

  /** From now on, of every answer to a HistoryRead. */
  drop(probability: number): void {
    this.#dropProbability = probability
  }

  lose(phase: Phase, loss: Loss, { skip = 0, times = 1 } = {}): void {
    this.#faults.push({ phase, loss, skip, times })
  }

  /** Every frame of an answer is delivered this much later. */
  delay(ms: number): void {
    this.#delayMs = ms
  }

  /**
   * From now on nothing is delivered in either direction and nothing is closed: a peer gone without a word. A
   * connection that lost something so stays dead after `heal`.
   */
  silence(): void {
    this.#isSilent = true
  }

  /** Breaks the connections there are. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  heal(): void {
    this.#faults = []
    this.#dropProbability = 0
    this.#delayMs = 0
    this.#isSilent = false
  }

  async stop(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #pair(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1')
    const requests = new Map<number, Phase>()
    const deliver = this.#deliveryTo(client)
    let isMute = false
    /** An answer of many frames is lost at its first or not at all. */
    let isWithinAnswer = false
    const cut = (): void => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', cut)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        cut()
      })
    }
    const isDead = (): boolean => {
      if (this.#isSilent && !isMute) {
        isMute = true
        this.#hits += 1
      }
      return isMute
    }
    onFrames(client, (frame) => {
      if (isDead()) return
      if (typeOf(frame) === 'MSG') requests.set(requestIdOf(frame), phaseOfRequest(frame))
      server.write(frame)
    })
    onFrames(server, (frame) => {
      if (isDead()) return
      const loss = isWithinAnswer ? undefined : this.#lossFor(phaseOfAnswer(frame, requests))
      isWithinAnswer = frame[3] === MORE_FRAMES
      if (loss === undefined) deliver(frame)
      else if (loss === 'cut') cut()
      else isMute = true
    })
  }

  /** Frames keep their order even when the delay shrinks between two of them. */
  #deliveryTo(client: Socket): (frame: Buffer) => void {
    let lastAtMs = 0
    return (frame) => {
      const nowMs = performance.now()
      lastAtMs = Math.max(lastAtMs, nowMs + this.#delayMs)
      if (lastAtMs <= nowMs) client.write(frame)
      else setTimeout(() => client.write(frame), lastAtMs - nowMs)
    }
  }

  #lossFor(phase: Phase): Loss | undefined {
    if (phase === 'history-read' && this.#dice.chance(this.#dropProbability)) {
      this.#hits += 1
      return 'cut'
    }
    const fault = this.#faults.find((f) => f.phase === phase && f.times > 0)
    if (fault === undefined) return undefined
    if (fault.skip > 0) {
      fault.skip -= 1
      return undefined
    }
    fault.times -= 1
    this.#hits += 1
    return fault.loss
  }
}

function typeOf(frame: Buffer): string {
  return frame.toString('latin1', 0, 3)
}

/** Behind the header (8 bytes), the channel, the token and the sequence number (4 each). */
function requestIdOf(frame: Buffer): number {
  return frame.readUInt32LE(20)
}

/** The body begins with a NodeId: two bytes that say its form and namespace 0, then its number. */
function phaseOfRequest(frame: Buffer): Phase {
  const isFourByteForm = frame.length >= 28 && frame[24] === 1 && frame[25] === 0
  return (isFourByteForm ? PHASE_OF_REQUEST.get(frame.readUInt16LE(26)) : undefined) ?? 'other'
}

function phaseOfAnswer(frame: Buffer, requests: ReadonlyMap<number, Phase>): Phase {
  switch (typeOf(frame)) {
    case 'ACK':
      return 'hello'
    case 'OPN':
      return 'open'
    case 'MSG':
      return requests.get(requestIdOf(frame)) ?? 'other'
    default:
      return 'other'
  }
}

const HEADER_BYTES = 8
/** The chunk mark `C`: more frames of the same message follow. */
const MORE_FRAMES = 67

/** Calls back with each whole frame. */
function onFrames(socket: Socket, take: (frame: Buffer) => void): void {
  let pieces: Buffer[] = []
  let size = 0
  socket.on('data', (data) => {
    pieces.push(data)
    size += data.length
    for (;;) {
      const head = size < HEADER_BYTES ? undefined : joined()
      if (head === undefined || size < head.readUInt32LE(4)) return
      const end = head.readUInt32LE(4)
      pieces = [head.subarray(end)]
      size -= end
      take(head.subarray(0, end))
    }
  })

  function joined(): Buffer {
    const whole = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
    pieces = [whole]
    return whole
  }
}
