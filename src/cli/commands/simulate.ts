/** `banyan simulate`: the simulated historian as a server on the loopback interface, until a signal stops it. */
import { BanyanError, messageOf } from '../../domain/errors.ts'
import type { OpcUaServer } from '../../simulator/opcua/server.ts'
import { createSimulator, type Simulator } from '../../simulator/simulator.ts'
import type { CommandContext } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { SimulateFlags } from '../flags.ts'

export async function simulate(
  context: CommandContext,
  { port, scenario, opcua: withOpcUa = false }: SimulateFlags,
): Promise<ExitCode> {
  const { output, interrupt } = context
  const simulator = createSimulator({ scenario, clock: 'real' })
  const { url } = await listen(simulator, port)
  const dataServer = simulator.historian.primary.name
  const opcua = withOpcUa ? await startOpcUa(simulator) : undefined
  const nodes = opcua && `nsu=${opcua.namespaceUri};s={name}`
  output.answer({ url, dataServer, scenario, ...(opcua && { opcua: opcua.endpoint, nodes }) }, () =>
    [
      `${url}  data server ${dataServer}, scenario ${scenario}`,
      ...(opcua === undefined ? [] : [`${opcua.endpoint}  nodes ${String(nodes)}`]),
    ].join('\n'),
  )
  output.note('Ctrl-C stops it. Truth and counters: GET /simulator/truth, GET /simulator/counters.')
  await stopped(interrupt.signal)
  await Promise.all([simulator.close(), opcua?.close()])
  return EXIT.done
}

/** The server is loaded only here: nobody else needs it. */
async function startOpcUa(simulator: Simulator): Promise<OpcUaServer> {
  const { startOpcUaServer } = await import('../../simulator/opcua/server.ts')
  return startOpcUaServer({ historian: simulator.historian, dialect: 'capped' })
}

async function listen(simulator: Simulator, port: number): Promise<{ readonly url: string }> {
  try {
    return await simulator.listen(port)
  } catch (error) {
    throw new BanyanError('BANYAN_USAGE', `cannot listen on port ${port}: ${messageOf(error)}`, {
      hint: 'name another port with --port; 0 takes a free one',
      cause: error,
    })
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
