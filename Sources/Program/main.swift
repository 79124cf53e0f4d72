import seer

Program.prepare()
Program.run(Seer.self)
