using ScoreConsole;

if (args.Length != 1)
{
    Console.Error.WriteLine("usage: score-console MODEL.consort < OFFERS.csv");
    return 2;
}

Scoring.Run(args[0], Console.In, Console.Out);
return 0;
