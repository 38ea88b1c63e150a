import { Kademlia } from '@skep/kademlia'
import { FullMesh } from './full-mesh.ts'
import { program } from './program.ts'

console.log('on Kademlia')
await program((base, world) => new Kademlia({ base, ...world }))

console.log('on a full mesh')
await program(base => new FullMesh(base))
