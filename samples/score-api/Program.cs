using ScoreApi;

if (args.Length == 0)
{
    Console.Error.WriteLine("usage: score-api MODEL.consort [--urls URL]");
    return 2;
}

Api.Build(args[0], args[1..]).Run();
return 0;
