import type { Clock } from '@skep/interface'

/** How far one node is. */
export interface Share {
  readonly name: string
  /** Chunks it has of those it shall have. */
  readonly held: number
  readonly wanted: number
  /** Said behind the bar. */
  readonly note?: string
}

/** Where progress is shown. */
export interface Screen {
  readonly isTTY?: boolean
  readonly columns?: number
  write (text: string): unknown
}

/** Time between two looks at the progress, in milliseconds: often enough to look alive on a terminal. */
const TERMINAL_EVERY = 100
/** The same where lines pile up. */
const LINES_EVERY = 2_000
/** Characters of a bar. */
const BAR = 24

/**
 * Shows what is going on: bars that move on a terminal, lines elsewhere.
 *
 * Lines told stay above the bars.
 */
export class Progress {
  readonly #screen: Screen
  readonly #clock: Clock
  readonly #started: number
  #drawn = 0
  #next = 0
  #lastLine = ''

  constructor (screen: Screen, clock: Clock) {
    this.#screen = screen
    this.#clock = clock
    this.#started = clock.now()
  }

  /** Says something that stays. */
  tell (line: string): void {
    const seconds = ((this.#clock.now() - this.#started) / 1000).toFixed(1).padStart(6)
    this.#screen.write(`${this.#erase()}${seconds} s  ${line}\n`)
  }

  /** Shows how far each node is; calls that come too soon after each other show nothing. */
  show (shares: readonly Share[]): void {
    const now = this.#clock.now()
    if (now < this.#next) return
    this.#next = now + (this.#screen.isTTY === true ? TERMINAL_EVERY : LINES_EVERY)
    if (this.#screen.isTTY === true) {
      const width = this.#screen.columns ?? 80
      const lines = shares.map(share => `${bar(share).slice(0, width - 1)}\n`)
      this.#screen.write(this.#erase() + lines.join(''))
      this.#drawn = lines.length
      return
    }
    const line = shares.map(({ name, held, wanted }) => `${name} ${percent(held, wanted)}`).join(', ')
    if (line !== this.#lastLine) this.tell(line)
    this.#lastLine = line
  }

  /** Takes the bars away. */
  clear (): void {
    const erase = this.#erase()
    if (erase !== '') this.#screen.write(erase)
  }

  #erase (): string {
    // Up to the first bar, and everything from there on away (ECMA-48: CPL, ED).
    const text = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}F\u001b[J`
    this.#drawn = 0
    return text
  }
}

function bar ({ name, held, wanted, note = '' }: Share): string {
  const full = wanted === 0 ? BAR : Math.min(BAR, Math.floor(held / wanted * BAR))
  return `  ${name}  ${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${percent(held, wanted).padStart(5)}  ${held} of ${wanted}${note === '' ? '' : `  ${note}`}`
}

/** Rounded down, so that 100 % means all. */
function percent (held: number, wanted: number): string {
  return `${wanted === 0 ? 100 : Math.min(100, Math.floor(held / wanted * 100))} %`
}
