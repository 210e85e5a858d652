// What the command line says of itself: all of it, or what belongs to one command.

const text = `Descent Lab: see and steer a vision model while gradient descent fits it.

  npm start                                      the lab in a browser
  npm run lab -- serve                           the same: prints the address, and opens it where there is a browser
      --no-open  --library DIR (default: runs/)
      --port N                                   instead of the port it had before; 0: any that is free
      --root DIR                                 a folder whose files may be opened by their path; repeat for more
  npm run --silent lab -- fit tubal INPUT …      fill in the missing entries of a picture, video, folder, .npy or .npz
      --frames A:B:S                             of a video or folder: frames A up to, without, B, every S-th (from 0)
      --max-frames N (video: 60)  --max-side PIXELS  --pick sharpest, or motion: which ones, where there are more frames
      --mask FILE (or alpha: the picture's own transparency)
  npm run --silent lab -- fit pose SCENE         where an object stands: SCENE is a BOP scene folder or one with scene.json
      --frame N  --object N                      which picture (from 0) and which obj_id
      --mode polish, descent or diffdope         --members N (default: 32; diffdope 8)
      --start FILE  --mask FILE  --label N       where it starts (4×4, JSON, BOP CSV) and is seen; in place of the scene's
      --mesh FILE  --depth FILE  --camera FILE   with these and a mask, SCENE may be a single picture
      --unit-mm X                                millimetres per mesh unit, where no file says it
  npm run --silent lab -- fit pose SCENE --starts STARTS.csv --out DIR
                                                 refines every row of a BOP results file; DIR/exports gets poses.csv and
                                                 report.csv; the same command, or resume DIR, goes on after a kill
      --set views=3  --set occluders=draw        as for one object: pictures fitted together, others drawn in front
  npm run --silent lab -- fit flowmap VIDEO …    cameras, focal length and depth of a still scene that was filmed moving
      --set depthDescents=0                      cameras and points alone, without a depth for every pixel
      --mode flow                                depth and focal length descended jointly, as in the FlowMap paper (default: auto)
      --truth PATH                               true cameras to compare with while it runs; read as evaluate cameras does
      --frames, --max-frames, --max-side (1920), --pick as for tubal  --focal PIXELS, where it is known
      --mask FILE or --masks DIR                 black where something moves: one picture for all frames, or one for each
      --network FILE.onnx                        your own depth network; needs npm install onnxruntime-node
  npm run --silent lab -- fit FIT INPUT          any of them:
      --set key=value  --optimizer ID  --schedule ID  --iterations N  --seed N  --threads N
                                                 describe FIT says what can be set
      --at 200:learningRate=0.5                  a change at an iteration; repeat for more
      --race method=gd,prec-gd,tnn-admm          members that differ in a setting; --members N for equal ones
      --out DIR                                  the run folder  --checkpoint-seconds N  --json
      --leave-after N                            N iterations, then a checkpoint (also with resume)
      --pace N                                   at most N iterations per second; changes no result
      --control                                  take what is typed from a pipe too, as from a terminal (see below)
  npm run --silent lab -- resume RUN             go on from the last checkpoint; --from-start: from none, with its changes
  npm run --silent lab -- replay RUN --out DIR   the same run again, bit for bit
  npm run --silent lab -- branch RUN --at 200:learningRate=0.5
                                                 a run that equals RUN up to there, and goes on with the change
  npm run --silent lab -- export RUN --format F  the result so far as npy, npz or png; --member N: not of the best
  npm run --silent lab -- film RUN               its pictures over the trace, as a film: --format webm, mp4 or png
      --views recovered,observed  --fps 10  --width 1280  --out FILE or DIR
  npm run --silent lab -- evaluate pose SCENE POSES.csv
                                                 errors of poses (BOP results format) against the truth of a scene
      --unit-mm X                                millimetres per mesh unit, where the scene names no unit
      --symmetries ignore  --out FILE  --json    FILE gets the errors of each row
  npm run --silent lab -- evaluate cameras RUN_OR_FILE TRUTH
                                                 trajectory and angle errors of cameras, and of the focal length; both are
                                                 TUM, KITTI, transforms.json, COLMAP, scene.json, or a folder with one
  npm run --silent lab -- starts SCENE --shell 40/16 --out FILE
                                                 starts 40° and 16 mm from the truth; repeat for more shells
      --seed N  --per-case 3  --visible 0.1      objects of which less is visible are left out
  npm run --silent lab -- flow A B --out F.flo   optical flow from one picture to another, as a Middlebury file
      --preset medium                            or fast, fine  --picture FILE.png (colour wheel)  --confidence FILE.png
  npm run --silent lab -- runs [FOLDER]          the runs of a folder (default: runs/)
  npm run --silent lab -- show RUN               recipe, events and result of a run
  npm run --silent lab -- compare RUN RUN …      results side by side
  npm run --silent lab -- samples                inputs made by the program, and what they teach
  npm run --silent lab -- describe tubal         every setting, optimizer and preset

While a fit runs on a terminal, type learningRate=0.5 and Enter to turn it, or pause, step, step 20, go, pace 20, stop.
Ctrl-C checkpoints and leaves, a second one ends at once. --json: for programs, one document a line while something runs.
`;

/** All of it, or the entries of the command that `words` begin with, such as ['fit', 'pose', 'scene']. */
export function helpOf(words: readonly string[]): string {
  const [name, fit] = words;
  if (name === undefined || name === 'help') return text;
  // An entry is a line that names a command, and the lines under it, which are indented further.
  const entries = text.match(/^ {2}npm .*\n(?: {3,}.*\n)*/gm) ?? [];
  const own = entries.filter(entry => entry.split(' -- ')[1]?.split(' ')[0] === name);
  const ofFit = own.filter(entry => [fit, 'FIT'].includes(entry.split(' -- ')[1]?.split(' ')[1]));
  // The last entry is that of all fits, and of them alone.
  const chosen = ofFit.length > 1 ? ofFit : own;
  return chosen.length === 0 ? text : `${chosen.join('')}\nAll commands: npm run lab -- help\n`;
}
